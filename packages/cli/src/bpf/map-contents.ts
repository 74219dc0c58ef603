import type { CollectionSpec } from "@ocelli/bpf";
import { mapEntries, possibleCpus, type BpfMap, type Collection } from "@ocelli/linux";

import { mapPrinters, valuePrinter, type ValuePrinter } from "./value-printer.ts";

/** One entry of a map, ready to print; on per-CPU maps a value per CPU. */
export interface PrintedEntry {
  readonly key: unknown;
  readonly value: unknown;
}

/** What a map holds. */
export interface PrintedMap {
  readonly name: string;
  readonly entries: readonly PrintedEntry[];
  /** Entries beyond the limit, and those of arrays that hold only zeros. */
  readonly leftOut: number;
}

/** Entries of one map that are printed at most. */
const MOST_ENTRIES = 1000;

const WALKED: ReadonlySet<string> = new Set([
  "hash",
  "array",
  "percpu_hash",
  "percpu_array",
  "lru_hash",
  "lru_percpu_hash",
  "lpm_trie",
]);

/** The contents of all maps that have some to show; constants and read-only data are left out. */
export function mapContents(spec: CollectionSpec, collection: Collection): PrintedMap[] {
  const printed: PrintedMap[] = [];
  for (const [name, map] of collection.maps) {
    const blueprint = spec.maps.get(name);
    if (!WALKED.has(map.type) || blueprint?.frozen === true) continue;
    if (blueprint?.data !== undefined) {
      printed.push(variablesOf(spec, collection, name));
      continue;
    }
    const { key, value } = mapPrinters(spec.btf, blueprint);
    printed.push(entriesOf(name, map, key, value));
  }
  return printed.filter((map) => map.entries.length > 0);
}

function variablesOf(spec: CollectionSpec, collection: Collection, section: string): PrintedMap {
  const entries: PrintedEntry[] = [];
  for (const [name, variable] of collection.variables) {
    if (variable.spec.map !== section) continue;
    const print = valuePrinter(spec.btf, variable.spec.typeId);
    entries.push({ key: name, value: print(variable.read()) });
  }
  return { name: section, entries, leftOut: 0 };
}

function entriesOf(
  name: string,
  map: BpfMap,
  printKey: ValuePrinter,
  printValue: ValuePrinter,
): PrintedMap {
  const entries: PrintedEntry[] = [];
  let leftOut = 0;
  const perCpu = map.type.includes("percpu");
  const isArray = map.type.endsWith("array");
  for (const [key, value] of mapEntries(map)) {
    const isEmpty = isArray && value.every((byte) => byte === 0);
    if (isEmpty || entries.length >= MOST_ENTRIES) {
      leftOut += 1;
      continue;
    }
    const printed = perCpu
      ? perCpuValues(value, map.valueSize).map((one) => printValue(one))
      : printValue(value);
    entries.push({ key: printKey(key), value: printed });
  }
  return { name, entries, leftOut };
}

/** The kernel gives per-CPU values one after the other, each rounded up to 8 bytes. */
function perCpuValues(bytes: Uint8Array, valueSize: number): Uint8Array[] {
  const stride = (valueSize + 7) & ~7;
  return possibleCpus().map((_, index) =>
    bytes.subarray(index * stride, index * stride + valueSize),
  );
}
