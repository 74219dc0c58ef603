import { userMap, type LoadedInVm } from "@ocelli/vm";

import type { PrintedEntry, PrintedMap } from "./map-contents.ts";
import { mapPrinters, valuePrinter } from "./value-printer.ts";

const MOST_ENTRIES = 1000;

/** What the maps of a runtime hold, as `mapContents()` tells it of a kernel's; records of rings and perf arrays are taken out. */
export function vmMapContents({ spec, maps, variable }: LoadedInVm): PrintedMap[] {
  const printed: PrintedMap[] = [];
  for (const [name, map] of maps) {
    const blueprint = spec.maps.get(name);
    if (blueprint?.frozen === true) continue;
    if (blueprint?.data !== undefined) {
      const variables = [...spec.variables.values()].filter((one) => one.map === name);
      const entries = variables.map(({ name: key, typeId }) => ({
        key,
        value: valuePrinter(spec.btf, typeId)(variable(key).slice()),
      }));
      printed.push({ name, entries, leftOut: 0 });
      continue;
    }
    const { key, value } = mapPrinters(spec.btf, blueprint);
    const records = map.ring?.take() ?? map.records?.map(({ bytes }) => bytes) ?? [];
    const entries: PrintedEntry[] = records.map((bytes, index) => ({
      key: index,
      value: value(bytes),
    }));
    const isArray = map.spec.type.endsWith("array");
    let leftOut = 0;
    for (const [at, bytes] of userMap(map).entries()) {
      if ((isArray && bytes.every((byte) => byte === 0)) || entries.length >= MOST_ENTRIES)
        leftOut += 1;
      else entries.push({ key: key(at), value: value(bytes) });
    }
    printed.push({ name, entries: entries.slice(0, MOST_ENTRIES), leftOut });
  }
  return printed.filter(({ entries }) => entries.length > 0);
}
