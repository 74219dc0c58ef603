import type { MapSpec } from "@ocelli/bpf";

import type { VmMemory } from "../memory/memory.ts";
import { ERRNO, strideOf, UPDATE, type VmMap } from "./map.ts";

const NONE = -1;

/**
 * Makes a hash table. Its elements lie in the machine's memory, key before value, each at a multiple of 8; the chains
 * that find them are outside, where no program can break them. All memory is taken at the start, as with a
 * preallocated table of the kernel's.
 */
export function createHash(memory: VmMemory, spec: MapSpec): VmMap {
  const { keySize, valueSize, maxEntries } = spec;
  const { bytes } = memory;
  const valueOffset = strideOf(keySize);
  const stride = valueOffset + strideOf(valueSize);
  const base = memory.allocate(stride * maxEntries);
  // As many buckets as elements, rounded up to a power of two.
  const buckets = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(1, maxEntries)))).fill(NONE);
  const next = new Int32Array(maxEntries);
  const used = new Uint8Array(maxEntries);
  // Free elements, in a chain of their own.
  let free = 0;
  for (let element = 0; element < maxEntries; element++)
    next[element] = element + 1 < maxEntries ? element + 1 : NONE;

  const bucketOf = (key: number): number => {
    let hash = 0x811c_9dc5; // FNV-1a of 32 bits
    for (let at = key; at < key + keySize; at++)
      hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x0100_0193);
    return (hash ^ (hash >>> 15)) & (buckets.length - 1);
  };
  const placeOf = (element: number): number => base + element * stride;
  const isKey = (element: number, key: number): boolean => {
    const place = placeOf(element);
    for (let at = 0; at < keySize; at++) if (bytes[place + at] !== bytes[key + at]) return false;
    return true;
  };
  const find = (key: number, bucket: number): number => {
    let element = buckets[bucket] ?? NONE;
    while (element !== NONE && !isKey(element, key)) element = next[element] ?? NONE;
    return element;
  };
  return {
    spec,
    memory,
    lookup: (key) => {
      const element = find(key, bucketOf(key));
      return element === NONE ? 0 : placeOf(element) + valueOffset;
    },
    // kernel/bpf/hashtab.c, htab_map_update_elem(): flags, then existence, then room.
    update: (key, value, flags) => {
      if (flags < 0 || flags > UPDATE.exist) return -ERRNO.EINVAL;
      const bucket = bucketOf(key);
      let element = find(key, bucket);
      if (element !== NONE && flags === UPDATE.noexist) return -ERRNO.EEXIST;
      if (element === NONE && flags === UPDATE.exist) return -ERRNO.ENOENT;
      if (element === NONE) {
        if (free === NONE || maxEntries === 0) return -ERRNO.E2BIG;
        element = free;
        free = next[element] ?? NONE;
        bytes.copyWithin(placeOf(element), key, key + keySize);
        next[element] = buckets[bucket] ?? NONE;
        buckets[bucket] = element;
        used[element] = 1;
      }
      bytes.copyWithin(placeOf(element) + valueOffset, value, value + valueSize);
      return 0;
    },
    remove: (key) => {
      const bucket = bucketOf(key);
      const element = find(key, bucket);
      if (element === NONE) return -ERRNO.ENOENT;
      const after = next[element] ?? NONE;
      if (buckets[bucket] === element) buckets[bucket] = after;
      else {
        let before = buckets[bucket] ?? NONE;
        while (next[before] !== element) before = next[before] ?? NONE;
        next[before] = after;
      }
      next[element] = free;
      free = element;
      used[element] = 0;
      return 0;
    },
    *entries() {
      for (let element = 0; element < maxEntries; element++)
        if (used[element] === 1) yield [placeOf(element), placeOf(element) + valueOffset];
    },
  };
}
