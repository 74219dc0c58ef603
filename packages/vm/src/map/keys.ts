import type { VmMemory } from "../memory/memory.ts";

/** No element. */
export const NONE = -1;

/** Where a table's elements lie. Each begins with its key. */
export interface KeyPlaces {
  readonly base: number;
  readonly stride: number;
  readonly keySize: number;
  readonly elements: number;
}

/** Which element of a table has which key. */
export interface Keys {
  readonly hashOf: (key: number) => number;
  readonly find: (key: number, hash: number) => number;
  /** Takes a free element for a key; `NONE` when all are taken. */
  readonly add: (key: number, hash: number) => number;
  readonly remove: (element: number) => void;
  readonly isUsed: (element: number) => boolean;
}

/**
 * Finds elements by the bytes of their keys. A key is read as words of 32 bits, and what is left as bytes: for a key of 16
 * bytes that is three times as fast as byte by byte (workload `flows` of bench/vm.bench.ts).
 */
export function createKeys(memory: VmMemory, { base, stride, keySize, elements }: KeyPlaces): Keys {
  const { bytes, view } = memory;
  const wordBytes = keySize & ~3;
  // As many buckets as elements, rounded up to a power of two.
  const buckets = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(1, elements)))).fill(NONE);
  const mask = buckets.length - 1;
  const next = new Int32Array(elements);
  const hashes = new Int32Array(elements);
  const used = new Uint8Array(elements);
  let free = NONE;
  for (let element = elements - 1; element >= 0; element--) {
    next[element] = free;
    free = element;
  }

  const hashOf = (key: number): number => {
    let hash = 0x811c_9dc5;
    let at = key;
    for (const end = key + wordBytes; at < end; at += 4) {
      hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e37_79b1);
      hash ^= hash >>> 15;
    }
    for (const end = key + keySize; at < end; at++)
      hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x0100_0193);
    return hash ^ (hash >>> 13);
  };
  const isKey = (place: number, key: number): boolean => {
    let at = 0;
    for (; at < wordBytes; at += 4)
      if (view.getInt32(place + at, true) !== view.getInt32(key + at, true)) return false;
    for (; at < keySize; at++) if (bytes[place + at] !== bytes[key + at]) return false;
    return true;
  };
  return {
    hashOf,
    find: (key, hash) => {
      let element = buckets[hash & mask] ?? NONE;
      while (element !== NONE) {
        if (hashes[element] === hash && isKey(base + element * stride, key)) return element;
        element = next[element] ?? NONE;
      }
      return NONE;
    },
    add: (key, hash) => {
      const element = free;
      if (element === NONE) return NONE;
      free = next[element] ?? NONE;
      bytes.copyWithin(base + element * stride, key, key + keySize);
      hashes[element] = hash;
      next[element] = buckets[hash & mask] ?? NONE;
      buckets[hash & mask] = element;
      used[element] = 1;
      return element;
    },
    remove: (element) => {
      const bucket = (hashes[element] ?? 0) & mask;
      const after = next[element] ?? NONE;
      if (buckets[bucket] === element) buckets[bucket] = after;
      else {
        let before = buckets[bucket] ?? NONE;
        while (before !== NONE && next[before] !== element) before = next[before] ?? NONE;
        if (before !== NONE) next[before] = after;
      }
      next[element] = free;
      free = element;
      used[element] = 0;
    },
    isUsed: (element) => used[element] === 1,
  };
}
