import type { MapSpec } from "@ocelli/bpf";

import type { VmMemory } from "../memory/memory.ts";
import { ERRNO, NO_KEYS, strideOf, UPDATE, type VmMap } from "./map.ts";

/** Makes a queue or a stack (kernel/bpf/queue_stack_maps.c): values without keys, in a ring. */
export function createQueue(memory: VmMemory, spec: MapSpec): VmMap {
  const { valueSize, maxEntries, type } = spec;
  const { bytes } = memory;
  const stride = strideOf(valueSize);
  const base = memory.allocate(stride * maxEntries);
  /** Values ever taken at the front, and ever added; a stack takes from the back. */
  let first = 0;
  let count = 0;

  const placeOf = (index: number): number => base + (index % maxEntries) * stride;
  const next = (value: number, takes: boolean): number => {
    if (count === 0) {
      bytes.fill(0, value, value + valueSize);
      return -ERRNO.ENOENT;
    }
    const place = placeOf(type === "stack" ? first + count - 1 : first);
    bytes.copyWithin(value, place, place + valueSize);
    if (!takes) return 0;
    if (type === "queue") first = (first + 1) % maxEntries;
    count -= 1;
    return 0;
  };
  return {
    ...NO_KEYS,
    spec,
    memory,
    push: (value, flags) => {
      // BPF_EXIST makes room by dropping the oldest.
      if (flags < 0 || flags > UPDATE.exist || flags === UPDATE.noexist) return -ERRNO.EINVAL;
      if (count === maxEntries) {
        if (flags !== UPDATE.exist) return -ERRNO.E2BIG;
        first = (first + 1) % maxEntries;
        count -= 1;
      }
      const place = placeOf(first + count);
      bytes.copyWithin(place, value, value + valueSize);
      count += 1;
      return 0;
    },
    pop: (value) => next(value, true),
    peek: (value) => next(value, false),
  };
}
