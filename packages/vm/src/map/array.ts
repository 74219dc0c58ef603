import type { MapSpec } from "@ocelli/bpf";

import type { VmMemory } from "../memory/memory.ts";
import { ERRNO, strideOf, UPDATE, type VmMap } from "./map.ts";

/** Makes an array: values of indexes 0 to `maxEntries` - 1, zeroed, one behind the other. */
export function createArray(memory: VmMemory, spec: MapSpec): VmMap {
  const { maxEntries, valueSize } = spec;
  const stride = strideOf(valueSize);
  const base = memory.allocate(stride * maxEntries);
  const scratchKey = memory.allocate(4);
  const lookup = (key: number): number => {
    const index = memory.view.getUint32(key, true);
    return index < maxEntries ? base + index * stride : 0;
  };
  return {
    spec,
    memory,
    lookup,
    // kernel/bpf/arraymap.c, array_map_update_elem(): flags first, then the index, then existence.
    update: (key, value, flags) => {
      if (flags < 0 || flags > UPDATE.exist) return -ERRNO.EINVAL;
      const place = lookup(key);
      if (place === 0) return -ERRNO.E2BIG;
      if (flags === UPDATE.noexist) return -ERRNO.EEXIST;
      memory.bytes.copyWithin(place, value, value + valueSize);
      return 0;
    },
    remove: () => -ERRNO.EINVAL,
    *entries() {
      for (let index = 0; index < maxEntries; index++) {
        memory.view.setUint32(scratchKey, index, true);
        yield [scratchKey, base + index * stride];
      }
    },
  };
}
