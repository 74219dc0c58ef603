import type { MapSpec } from "@ocelli/bpf";

import { PROCESSOR } from "../memory/layout.ts";
import type { VmMemory } from "../memory/memory.ts";
import { createKeys, NONE } from "./keys.ts";
import { createRecency } from "./lru.ts";
import { allocateValues, ERRNO, strideOf, UPDATE, type VmMap } from "./map.ts";

/**
 * Makes a hash table, of any of the kernel's four kinds. Its elements lie in the machine's memory, key before values, each at
 * a multiple of 8; the chains that find them are outside, where no program can break them. All memory is taken at the start,
 * as with a preallocated table of the kernel's.
 *
 * ```
 * element   key, rounded up to 8 | value of processor 0, rounded up to 8 | value of processor 1 …
 * ```
 */
export function createHash(memory: VmMemory, spec: MapSpec, processors = 1): VmMap {
  const { keySize, valueSize, maxEntries, type } = spec;
  const { bytes, words } = memory;
  const perCpu = type === "percpu_hash" || type === "lru_percpu_hash";
  const isLru = type === "lru_hash" || type === "lru_percpu_hash";
  const valueOffset = strideOf(keySize);
  const valueStride = strideOf(valueSize);
  const stride = valueOffset + valueStride * (perCpu ? processors : 1);
  // One element more: an update writes it and then takes the old one's place, so that who holds the old value keeps it.
  const elements = maxEntries + 1;
  const base = allocateValues(memory, spec, stride * elements);
  const keys = createKeys(memory, { base, stride, keySize, elements });
  const recency = isLru ? createRecency(elements) : undefined;
  let count = 0;

  const placeOf = (element: number): number => base + element * stride;
  const lookupOn = (key: number, processor: number): number => {
    const element = keys.find(key, keys.hashOf(key));
    if (element === NONE) return 0;
    recency?.use(element);
    return placeOf(element) + valueOffset + processor * valueStride;
  };
  const lookup = perCpu
    ? (key: number): number => lookupOn(key, words[PROCESSOR / 4] ?? 0)
    : recency === undefined
      ? (key: number): number => {
          const element = keys.find(key, keys.hashOf(key));
          return element === NONE ? 0 : base + element * stride + valueOffset;
        }
      : (key: number): number => lookupOn(key, 0);
  const write = (element: number, value: number): void => {
    const at = placeOf(element) + valueOffset;
    if (!perCpu) {
      bytes.copyWithin(at, value, value + valueSize);
      return;
    }
    const own = at + (words[PROCESSOR / 4] ?? 0) * valueStride;
    bytes.copyWithin(own, value, value + valueSize);
  };
  const forget = (element: number): void => {
    keys.remove(element);
    recency?.remove(element);
    count -= 1;
  };
  const add = (key: number, hash: number): number => {
    if (count >= maxEntries) {
      const oldest = recency?.oldest() ?? NONE;
      if (oldest === NONE) return NONE;
      forget(oldest);
    }
    const element = keys.add(key, hash);
    recency?.add(element);
    count += 1;
    return element;
  };
  return {
    spec,
    memory,
    lookup,
    ...(perCpu ? { lookupOn, processors } : {}),
    // kernel/bpf/hashtab.c, htab_map_update_elem() and its kin: flags, then existence, then room.
    update: (key, value, flags) => {
      // BPF_F_LOCK is above BPF_EXIST, and values here hold no lock.
      if (flags < 0 || flags > UPDATE.exist) return -ERRNO.EINVAL;
      const hash = keys.hashOf(key);
      const old = keys.find(key, hash);
      if (old !== NONE && flags === UPDATE.noexist) return -ERRNO.EEXIST;
      if (old === NONE && flags === UPDATE.exist) return -ERRNO.ENOENT;
      if (old !== NONE && perCpu) {
        write(old, value);
        recency?.use(old);
        return 0;
      }
      if (old !== NONE) {
        const fresh = keys.add(key, hash);
        recency?.add(fresh);
        write(fresh, value);
        count += 1;
        forget(old);
        return 0;
      }
      const element = add(key, hash);
      if (element === NONE) return -ERRNO.E2BIG;
      if (perCpu) bytes.fill(0, placeOf(element) + valueOffset, placeOf(element) + stride);
      write(element, value);
      return 0;
    },
    remove: (key) => {
      const element = keys.find(key, keys.hashOf(key));
      if (element === NONE) return -ERRNO.ENOENT;
      forget(element);
      return 0;
    },
    *entries() {
      for (let element = 0; element < elements; element++)
        if (keys.isUsed(element)) yield [placeOf(element), placeOf(element) + valueOffset];
    },
  };
}
