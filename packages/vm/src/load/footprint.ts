import type { CollectionSpec, MapSpec } from "@ocelli/bpf";

import { MAP_FLAG, strideOf } from "../map/map.ts";

/** Room for contexts, packets and what is looked up. */
const SPARE = 1 << 20;

/** How large a memory a collection wants: `size` in all, `readOnlySize` of them for what programs may only read. */
export function footprintOf(
  spec: CollectionSpec,
  processors: number,
): { readonly size: number; readonly readOnlySize: number } {
  let size = SPARE;
  let readOnlySize = 0;
  for (const map of spec.maps.values()) {
    const bytes = bytesOf(map, processors) + 64;
    const inner = map.inner === undefined ? 0 : bytesOf(map.inner, processors) * map.entries.length;
    size += bytes + inner;
    if ((map.flags & MAP_FLAG.readOnlyProgram) !== 0) readOnlySize += bytes;
  }
  return { size: size + readOnlySize, readOnlySize };
}

function bytesOf(map: MapSpec, processors: number): number {
  const { type, keySize, valueSize, maxEntries } = map;
  const copies = type.includes("percpu") ? processors : 1;
  const one = strideOf(keySize) + strideOf(valueSize) * copies;
  if (type === "ringbuf") return 4 * Math.max(maxEntries, 256 << 10);
  return one * (type === "stack_trace" ? 2 * maxEntries + 2 : maxEntries + 2);
}
