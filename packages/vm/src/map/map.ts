import type { MapSpec } from "@ocelli/bpf";

import type { TailTarget } from "../helper/helper.ts";
import type { VmMemory } from "../memory/memory.ts";

/**
 * A map in a machine's memory, as programs have it. Keys and values are named by their addresses; nothing is copied on the way
 * out. Addresses are not checked here: helpers do that. Results are 0 or the negative errno that the kernel gives.
 */
export interface VmMap {
  readonly spec: MapSpec;
  readonly memory: VmMemory;
  /**
   * What a lookup gives a program: the address of the key's value on the present processor, or an inner map's handle; 0 when
   * there is none.
   */
  readonly lookup: (key: number) => number;
  /** How many values there are for a key, on maps that have one for each processor. */
  readonly processors?: number;
  /** The same for one processor, on maps that have a value for each. */
  readonly lookupOn?: (key: number, processor: number) => number;
  /** Writes a value. `flags` are BPF_ANY 0, BPF_NOEXIST 1, BPF_EXIST 2, BPF_F_LOCK 4. */
  readonly update: (key: number, value: number, flags: number) => number;
  /** Removes a key. */
  readonly remove: (key: number) => number;
  /**
   * Addresses of all keys and values (those of the first processor), in the order in which they lie. The bytes of a key are
   * good until the next one.
   */
  readonly entries: () => Generator<readonly [key: number, value: number]>;
  /** Queues, stacks and bloom filters: adds a value. */
  readonly push?: (value: number, flags: number) => number;
  /** Queues and stacks: takes the next value away; it is zeroed where there is none. */
  readonly pop?: (value: number) => number;
  /** Queues and stacks: copies the next value. Bloom filters: whether the value may be in it. */
  readonly peek?: (value: number) => number;
  /** Where an array's values lie: what the JIT needs to look them up by itself. */
  readonly layout?: ArrayLayout;
  /** Programs of a prog array, by index. */
  readonly targets?: (TailTarget | undefined)[];
  /** What a ring buffer has besides. */
  readonly ring?: VmRing;
  /** Records that a perf event array was given and nobody took yet. */
  readonly records?: PerfRecord[];
  /** What a stack trace map does with a stack, whose addresses lie at `place`: its id, or a negative errno. */
  readonly keepStack?: (addresses: readonly bigint[], flags: number) => number;
}

/** The places of an array's values: `base` + index × `stride`, for `count` indexes. */
export interface ArrayLayout {
  readonly base: number;
  readonly stride: number;
  readonly count: number;
}

/** What perf_event_output() left. */
export interface PerfRecord {
  readonly processor: number;
  readonly bytes: Uint8Array;
}

/** A ring buffer's own operations. */
export interface VmRing {
  /** The address of a new record of so many bytes; 0 when there is no room. */
  readonly reserve: (size: number) => number;
  /** Ends a reservation. Throws `helper` for an address that is none. */
  readonly submit: (address: number, discard: boolean) => void;
  /** What `bpf_ringbuf_query()` tells: data not yet taken 0, size 1, consumer's 2 and producer's position 3. */
  readonly query: (what: number) => number;
  /** Takes the records that are complete, in their order, up to the first that is not. */
  readonly take: () => Uint8Array[];
}

/** What maps say no with; values of include/uapi/asm-generic/errno-base.h, errno.h and include/linux/errno.h. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  E2BIG: 7,
  EAGAIN: 11,
  ENOMEM: 12,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  EINVAL: 22,
  ENOSPC: 28,
  ERANGE: 34,
  EPROTONOSUPPORT: 93,
  EOPNOTSUPP: 95,
  ENOTSUPP: 524,
} as const;

/** Values of `flags` of an update. */
export const UPDATE = { any: 0, noexist: 1, exist: 2, lock: 4 } as const;

/** Flags of a map, of include/uapi/linux/bpf.h. */
export const MAP_FLAG = {
  noPrealloc: 0x1,
  noCommonLru: 0x2,
  numaNode: 0x4,
  readOnly: 0x8,
  writeOnly: 0x10,
  stackBuildId: 0x20,
  zeroSeed: 0x40,
  readOnlyProgram: 0x80,
  writeOnlyProgram: 0x100,
  mmapable: 0x400,
  preserveElements: 0x800,
  innerMap: 0x1000,
} as const;

/** Where handles begin, which is what a program has of a map: beyond all memory, so that none is loaded from or stored to. */
export const MAP_BASE = 0xe000_0000;

/** Bytes from one value to the next: values begin at multiples of 8, as in the kernel. */
export function strideOf(size: number): number {
  return Math.ceil(size / 8) * 8;
}

/** Sets bytes aside for values: where programs may only read, if the map says so. */
export function allocateValues(memory: VmMemory, { flags }: MapSpec, size: number): number {
  return (flags & MAP_FLAG.readOnlyProgram) === 0
    ? memory.allocate(size)
    : memory.allocateReadOnly(size);
}

/** Operations of a map that has no keys, or none that a program may name. */
export const NO_KEYS: Pick<VmMap, "lookup" | "update" | "remove" | "entries"> = {
  lookup: () => 0,
  update: () => -ERRNO.EINVAL,
  remove: () => -ERRNO.EINVAL,
  *entries() {
    // Nothing.
  },
};
