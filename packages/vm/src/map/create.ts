import type { MapSpec, MapType } from "@ocelli/bpf";

import { VmError } from "../error.ts";
import type { VmMemory } from "../memory/memory.ts";
import { createArray } from "./array.ts";
import { createBloomFilter } from "./bloom.ts";
import { createHash } from "./hash.ts";
import { refusalOf } from "./limits.ts";
import { createLpmTrie } from "./lpm-trie.ts";
import type { VmMap } from "./map.ts";
import { createOuter, createPerfArray, createProgArray, createRedirectMap } from "./objects.ts";
import { createQueue } from "./queue.ts";
import { createRing } from "./ring.ts";
import { createStackTrace } from "./stack-trace.ts";

type Create = (memory: VmMemory, spec: MapSpec, processors: number) => VmMap;

const TYPES: Partial<Record<MapType, Create>> = {
  array: createArray,
  percpu_array: createArray,
  hash: createHash,
  percpu_hash: createHash,
  lru_hash: createHash,
  lru_percpu_hash: createHash,
  lpm_trie: createLpmTrie,
  prog_array: createProgArray,
  array_of_maps: createOuter,
  hash_of_maps: createOuter,
  ringbuf: createRing,
  perf_event_array: createPerfArray,
  queue: createQueue,
  stack: createQueue,
  bloom_filter: createBloomFilter,
  stack_trace: createStackTrace,
  devmap: createRedirectMap,
  devmap_hash: createRedirectMap,
  cpumap: createRedirectMap,
  xskmap: createRedirectMap,
};

/** How a map is made. */
export interface CreateVmMapOptions {
  /** How many values per-CPU maps have for a key: 1 by default. */
  readonly processors?: number;
}

/**
 * Makes a map in a memory. Throws `argument` for a type that this runtime does not have, for what the kernel refuses (the
 * message names the rule), and when the memory is full.
 */
export function createVmMap(
  memory: VmMemory,
  spec: MapSpec,
  { processors = 1 }: CreateVmMapOptions = {},
): VmMap {
  const { name, type } = spec;
  const create = TYPES[type];
  const refusal =
    create === undefined
      ? `this runtime has maps of type ${Object.keys(TYPES).join(", ")}${WHY[type] ?? ""}`
      : refusalOf(spec);
  if (refusal !== undefined || create === undefined)
    throw new VmError("argument", `Cannot create map "${name}" of type ${type}: ${refusal}`);
  return create(memory, { ...spec, maxEntries: entriesOf(spec, processors) }, processors);
}

const PAGE_BYTES = 4096;
const RING_BYTES = 256 << 10;

/** 0 is "decided at load": an event for each processor; rings have a power of two of pages. */
function entriesOf({ type, maxEntries }: MapSpec, processors: number): number {
  if (type === "perf_event_array") return maxEntries === 0 ? processors : maxEntries;
  if (type !== "ringbuf") return maxEntries;
  const wanted = Math.max(PAGE_BYTES, maxEntries === 0 ? RING_BYTES : maxEntries);
  return 2 ** Math.ceil(Math.log2(wanted));
}

/** Why some types are left to the kernel. */
const WHY: Partial<Record<MapType, string>> = {
  arena: "; an arena needs page faults and addresses of 64 bits",
  struct_ops: "; struct_ops replace functions of a kernel",
};
