import { LinuxError } from "../error.ts";
import type { BpfMap } from "../map/map.ts";
import { openMapById } from "../map/open.ts";
import { objectInfo } from "../port/info.ts";
import type { Program } from "../program/program.ts";

// `__bpf_usdt_specs` and `__bpf_usdt_ip_to_spec_id`, as the kernel cuts names.
const SPECS = "__bpf_usdt_spec";
const PLACES = "__bpf_usdt_ip_t";

/** The maps through which `bpf/usdt.bpf.h` learns where arguments are. */
export interface UsdtMaps extends Disposable {
  /** Array of argument descriptions. */
  readonly specs: BpfMap;
  /** Instruction addresses to indexes of `specs`, for kernels without cookies. */
  readonly places: BpfMap | undefined;
}

/** Finds these maps among those that a program uses; `undefined` when it was not written with that header. */
export function openUsdtMaps(program: Program): UsdtMaps | undefined {
  const { kernel } = program;
  const count = objectInfo(kernel, "prog", program.fd.value).number("nr_map_ids");
  if (count === 0) return undefined;
  const ids = new Uint8Array(count * 4);
  objectInfo(kernel, "prog", program.fd.value, { nr_map_ids: count, map_ids: ids });
  const view = new DataView(ids.buffer);
  let specs: BpfMap | undefined;
  let places: BpfMap | undefined;
  for (let index = 0; index < count; index += 1) {
    const map = openMapById(kernel, view.getUint32(index * 4, true));
    if (map.name === SPECS && map.type === "array") specs = map;
    else if (map.name === PLACES && map.type === "hash") places = map;
    else map[Symbol.dispose]();
  }
  if (specs === undefined) {
    places?.[Symbol.dispose]();
    return undefined;
  }
  return {
    specs,
    places,
    [Symbol.dispose]: () => {
      specs[Symbol.dispose]();
      places?.[Symbol.dispose]();
    },
  };
}

// Which elements of a specs map are taken, by the map's id. A map belongs to one loaded collection, so to this process.
const taken = new Map<number, Set<number>>();

/** Takes the first free element of a specs map for a description. Throws `limit` when none is left. */
export function takeSpec(action: string, specs: BpfMap, spec: Uint8Array): number {
  const used = taken.get(specs.id) ?? new Set<number>();
  let index = 0;
  while (used.has(index)) index += 1;
  if (index >= specs.maxEntries)
    throw new LinuxError(
      "limit",
      `${action}: all ${specs.maxEntries} places for argument descriptions are taken; build the program with a larger BPF_USDT_MAX_SPEC_CNT`,
    );
  specs.update(new Uint8Array(Uint32Array.of(index).buffer), spec);
  used.add(index);
  taken.set(specs.id, used);
  return index;
}

/** Gives an element back. */
export function freeSpec(mapId: number, index: number): void {
  const used = taken.get(mapId);
  used?.delete(index);
  if (used?.size === 0) taken.delete(mapId);
}
