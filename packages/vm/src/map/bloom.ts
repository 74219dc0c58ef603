import type { MapSpec } from "@ocelli/bpf";

import type { VmMemory } from "../memory/memory.ts";
import { hashBytes } from "./jhash.ts";
import { ERRNO, NO_KEYS, UPDATE, type VmMap } from "./map.ts";

/**
 * Makes a bloom filter (kernel/bpf/bloom_filter.c): it may say that it holds what it does not hold, never the other way
 * round. Hashes as the kernel does with BPF_F_ZERO_SEED, so that such a filter answers the same as the kernel's.
 */
export function createBloomFilter(memory: VmMemory, spec: MapSpec): VmMap {
  const { valueSize, maxEntries, mapExtra } = spec;
  const hashes = Number(mapExtra & 0xfn) || 5;
  const mask = maskOf(maxEntries, hashes);
  const bits = new Uint8Array(Math.ceil((mask + 1) / 8));
  const bitOf = (value: number, index: number): number =>
    (hashBytes(memory.bytes.subarray(value, value + valueSize), index) & mask) >>> 0;
  return {
    ...NO_KEYS,
    spec,
    memory,
    push: (value, flags) => {
      if (flags !== UPDATE.any) return -ERRNO.EINVAL;
      for (let index = 0; index < hashes; index++) {
        const bit = bitOf(value, index);
        bits[bit >>> 3] = (bits[bit >>> 3] ?? 0) | (1 << (bit & 7));
      }
      return 0;
    },
    peek: (value) => {
      for (let index = 0; index < hashes; index++) {
        const bit = bitOf(value, index);
        if (((bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return -ERRNO.ENOENT;
      }
      return 0;
    },
  };
}

/** entries × hashes / ln 2 bits, by the kernel's fraction, rounded up to a power of two; at least a word of 64. */
function maskOf(maxEntries: number, hashes: number): number {
  const product = maxEntries * hashes;
  const bits = Math.floor(product / 5) * 7;
  if (product > 0xffff_ffff || bits > 2 ** 31) return 0xffff_ffff;
  return Math.max(64, 2 ** Math.ceil(Math.log2(Math.max(1, bits)))) - 1;
}
