import { HELPERS } from "@ocelli/bpf";

import { VmError } from "../error.ts";
import { MAP_BASE, type VmMap } from "../map/map.ts";
import { FLOOR, HIGH_ARGUMENTS } from "../memory/layout.ts";
import type { VmMemory } from "../memory/memory.ts";
import type { HelperTable, VmHelper } from "./helper.ts";

const FLAGS_HIGH = HIGH_ARGUMENTS / 4 + 3;

/** Lookup, update and delete for programs whose map handles are `MAP_BASE` plus the index in `maps`. Updates give `-EINVAL` for flags that the kernel refuses. */
export function mapHelpers(maps: readonly VmMap[]): HelperTable {
  const mapOf = (handle: number): VmMap => {
    const map = maps[(handle >>> 0) - MAP_BASE];
    if (map !== undefined) return map;
    throw new VmError(
      "helper",
      `Cannot use 0x${(handle >>> 0).toString(16)} as a map: it is not what a load of a map gives`,
    );
  };
  const helper = (name: string, result: VmHelper["result"], call: VmHelper["call"]): VmHelper => ({
    name,
    result,
    call,
  });
  return new Map<number, VmHelper>([
    [
      HELPERS.map_lookup_elem,
      helper("map_lookup_elem", "u32", ({ memory }, handle, key) => {
        const map = mapOf(handle);
        checkRange(memory, "a key", key, map.spec.keySize);
        return map.lookup(key);
      }),
    ],
    [
      HELPERS.map_update_elem,
      {
        ...helper("map_update_elem", "int", ({ memory }, handle, key, value, flags) => {
          const map = mapOf(handle);
          checkRange(memory, "a key", key, map.spec.keySize);
          checkRange(memory, "a value", value, map.spec.valueSize);
          // Flags have 64 bits, and any bit above the lowest two is too much.
          return map.update(key, value, memory.words[FLAGS_HIGH] === 0 ? flags : -1);
        }),
        wide: true,
      },
    ],
    [
      HELPERS.map_delete_elem,
      helper("map_delete_elem", "int", ({ memory }, handle, key) => {
        const map = mapOf(handle);
        checkRange(memory, "a key", key, map.spec.keySize);
        return map.remove(key);
      }),
    ],
  ]);
}

// A helper reaches what the program could reach itself, and nothing else.
function checkRange(memory: VmMemory, what: string, address: number, size: number): void {
  const place = address >>> 0;
  if (place >= FLOOR && place + size <= memory.size) return;
  throw new VmError(
    "memory",
    `Cannot read ${what} of ${size} bytes at 0x${place.toString(16)}: that is outside the program's memory`,
    { address: BigInt(place) },
  );
}
