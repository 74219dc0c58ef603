import type { MapSpec } from "@ocelli/bpf";

import type { VmMemory } from "../memory/memory.ts";

/** A map in a machine's memory. Keys and values are named by their addresses; nothing is copied on the way out. */
export interface VmMap {
  readonly spec: MapSpec;
  readonly memory: VmMemory;
  /** The address of the key's value, 0 when the map has none. */
  readonly lookup: (key: number) => number;
  /** Writes a value; gives 0 or the negative errno that the kernel gives. `flags` are BPF_ANY 0, BPF_NOEXIST 1, BPF_EXIST 2. */
  readonly update: (key: number, value: number, flags: number) => number;
  /** Removes a key; gives 0 or the negative errno that the kernel gives. */
  readonly remove: (key: number) => number;
  /** Addresses of all keys and values, in the order in which they lie. The bytes of a key are good until the next one. */
  readonly entries: () => Generator<readonly [key: number, value: number]>;
}

/** What maps say no with; values of include/uapi/asm-generic/errno-base.h. */
export const ERRNO = { ENOENT: 2, E2BIG: 7, EEXIST: 17, EINVAL: 22 } as const;

/** Values of `flags` of an update. */
export const UPDATE = { any: 0, noexist: 1, exist: 2 } as const;

/** Where handles begin, which is what a program has of a map: beyond all memory, so that none is loaded from or stored to. */
export const MAP_BASE = 0xe000_0000;

/** Bytes from one value to the next: values begin at multiples of 8, as in the kernel. */
export function strideOf(size: number): number {
  return Math.ceil(size / 8) * 8;
}
