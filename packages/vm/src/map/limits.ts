import type { MapSpec } from "@ocelli/bpf";

import { MAP_FLAG } from "./map.ts";

// What BPF_MAP_CREATE refuses: kernel/bpf/arraymap.c, hashtab.c, lpm_trie.c, queue_stack_maps.c, bloom_filter.c, ringbuf.c,
// stackmap.c, map_in_map.c.

const { noPrealloc, noCommonLru, numaNode, readOnly, writeOnly } = MAP_FLAG;
const { zeroSeed, readOnlyProgram, writeOnlyProgram, mmapable, preserveElements, innerMap } =
  MAP_FLAG;
const ACCESS = readOnly | writeOnly | readOnlyProgram | writeOnlyProgram;
/** Most bytes that the kernel allocates at once: KMALLOC_MAX_SIZE on x86-64 and arm64 with pages of 4 KiB. */
const KMALLOC_MAX = 1 << 22;
/** Most bytes of a value that every processor has: PCPU_MIN_UNIT_SIZE. */
const PERCPU_MAX = 32 << 10;
/** Bytes of `struct htab_elem` before the key. */
const HTAB_ELEMENT = 48;
const MOST_FRAMES = 127;

/** Why the kernel would refuse to create a map; `undefined` when it would not. */
export function refusalOf(spec: MapSpec): string | undefined {
  const { type, keySize, valueSize, maxEntries, flags, mapExtra } = spec;
  const allowed = FLAGS[type] ?? numaNode | ACCESS;
  if ((flags & ~allowed) !== 0)
    return `it has flags 0x${(flags & ~allowed).toString(16)}, which the type does not know`;
  const both = (one: number, other: number): boolean =>
    (flags & one) !== 0 && (flags & other) !== 0;
  if (both(readOnlyProgram, writeOnlyProgram) || both(readOnly, writeOnly))
    return "it is to be only read and only written";
  switch (type) {
    case "ringbuf":
      // A blueprint may state what records look like, and any size: the kernel is given what it takes.
      return undefined;
    case "queue":
    case "stack":
    case "bloom_filter":
      if (keySize !== 0 || valueSize === 0 || maxEntries === 0)
        return sizesOf(spec, "keys have none, and the others may not be 0");
      if (type === "bloom_filter" && (mapExtra & ~0xfn) !== 0n)
        return `it has ${mapExtra} hash functions: 1 to 15 are right`;
      return valueSize > KMALLOC_MAX ? tooLarge(spec) : undefined;
    case "perf_event_array":
      return undefined;
    case "lpm_trie":
      if ((flags & noPrealloc) === 0) return "it needs the flag BPF_F_NO_PREALLOC";
      if (maxEntries === 0 || keySize < 5 || keySize > 260 || valueSize < 1)
        return sizesOf(spec, "a key is a length of 4 bytes and 1 to 256 bytes");
      return undefined;
    case "stack_trace":
      if (keySize !== 4 || maxEntries === 0 || valueSize < 8 || valueSize % 8 !== 0)
        return sizesOf(spec, "a key has 4, a value 8 for each of its addresses");
      return valueSize / 8 > MOST_FRAMES
        ? `its stacks have more than ${MOST_FRAMES} addresses`
        : undefined;
    case "prog_array":
    case "array_of_maps":
      return isArrayLike(spec, 4) ? undefined : sizesOf(spec, "an index and a handle have 4 each");
    case "array":
    case "percpu_array":
    case "devmap":
    case "cpumap":
    case "xskmap":
      if (keySize !== 4) return `its keys have ${keySize} bytes: an index has 4`;
      if (!isArrayLike(spec, valueSize)) return sizesOf(spec, "none may be 0");
      return type === "percpu_array" && Math.ceil(valueSize / 8) * 8 > PERCPU_MAX
        ? tooLarge(spec)
        : undefined;
    default:
      return ofHash(spec);
  }
}

function ofHash(spec: MapSpec): string | undefined {
  const { type, keySize, valueSize, maxEntries, flags } = spec;
  if (keySize === 0 || valueSize === 0 || maxEntries === 0) return sizesOf(spec, "none may be 0");
  const isLru = type.startsWith("lru");
  if (isLru && (flags & noPrealloc) !== 0) return "elements of an LRU table are all made at once";
  if (!isLru && (flags & noCommonLru) !== 0) return "BPF_F_NO_COMMON_LRU is for LRU tables";
  if (type.includes("percpu") && Math.ceil(valueSize / 8) * 8 > PERCPU_MAX) return tooLarge(spec);
  return keySize + valueSize >= KMALLOC_MAX - HTAB_ELEMENT ? tooLarge(spec) : undefined;
}

const FLAGS: Partial<Record<MapSpec["type"], number>> = {
  array: numaNode | mmapable | ACCESS | innerMap,
  percpu_array: numaNode | ACCESS,
  array_of_maps: numaNode | ACCESS,
  prog_array: numaNode | readOnly | writeOnly,
  hash: noPrealloc | numaNode | ACCESS | zeroSeed,
  percpu_hash: noPrealloc | numaNode | ACCESS | zeroSeed,
  hash_of_maps: noPrealloc | numaNode | ACCESS | zeroSeed,
  lru_hash: noPrealloc | noCommonLru | numaNode | ACCESS | zeroSeed,
  lru_percpu_hash: noPrealloc | noCommonLru | numaNode | ACCESS | zeroSeed,
  lpm_trie: noPrealloc | numaNode | ACCESS,
  bloom_filter: numaNode | zeroSeed | ACCESS,
  perf_event_array: numaNode | ACCESS | preserveElements,
  ringbuf: numaNode,
  stack_trace: numaNode | readOnly | writeOnly,
};

function isArrayLike({ keySize, maxEntries }: MapSpec, valueSize: number): boolean {
  return keySize === 4 && maxEntries > 0 && valueSize > 0;
}

function sizesOf({ keySize, valueSize, maxEntries }: MapSpec, rule: string): string {
  return `its keys have ${keySize} bytes, its values ${valueSize}, and its entries are ${maxEntries}: ${rule}`;
}

function tooLarge({ valueSize }: MapSpec): string {
  return `its values have ${valueSize} bytes, which is more than the kernel has in one piece`;
}
