import type { MapSpec } from "@ocelli/bpf";

import { PROCESSOR } from "../memory/layout.ts";
import type { VmMemory } from "../memory/memory.ts";
import { allocateValues, ERRNO, strideOf, UPDATE, type VmMap } from "./map.ts";

/** Makes an array: values of indexes 0 to `maxEntries` - 1, zeroed, one behind the other; with several processors, all values of the first, then all of the second. */
export function createArray(memory: VmMemory, spec: MapSpec, processors = 1): VmMap {
  const { maxEntries, valueSize } = spec;
  const stride = strideOf(valueSize);
  const perCpu = spec.type === "percpu_array";
  const whole = stride * maxEntries;
  const base = allocateValues(memory, spec, perCpu ? whole * processors : whole);
  const scratchKey = memory.allocate(4);
  const lookupOn = (key: number, processor: number): number => {
    const index = memory.view.getUint32(key, true);
    return index < maxEntries ? base + processor * whole + index * stride : 0;
  };
  const lookup = perCpu
    ? (key: number): number => lookupOn(key, memory.words[PROCESSOR / 4] ?? 0)
    : (key: number): number => lookupOn(key, 0);
  return {
    spec,
    memory,
    lookup,
    ...(perCpu ? { lookupOn, processors } : { layout: { base, stride, count: maxEntries } }),
    // kernel/bpf/arraymap.c, array_map_update_elem(): flags first, then the index, then existence. There is no lock here.
    update: (key, value, flags) => {
      const place = lookup(key);
      const refused = refuseFlags(flags, perCpu) || refuseIndex(place, flags);
      if (refused === 0) memory.bytes.copyWithin(place, value, value + valueSize);
      return refused;
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

// Values here hold no lock, so that BPF_F_LOCK is refused; the per-CPU form does not know it at all.
function refuseFlags(flags: number, perCpu: boolean): number {
  const others = perCpu ? flags : flags & ~UPDATE.lock;
  return others < 0 || others > UPDATE.exist ? -ERRNO.EINVAL : 0;
}

function refuseIndex(place: number, flags: number): number {
  if (place === 0) return -ERRNO.E2BIG;
  if ((flags & UPDATE.noexist) !== 0) return -ERRNO.EEXIST;
  return (flags & UPDATE.lock) === 0 ? 0 : -ERRNO.EINVAL;
}
