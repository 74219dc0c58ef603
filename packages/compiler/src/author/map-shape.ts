import type { MapType } from "@ocelli/bpf";

import type { Layout } from "./layout.ts";
import { outside } from "./outside.ts";

/**
 * A place in a map: a primitive is reached through `.value`, a struct is used as it is. `add` is atomic.
 */
export type Ref<T> = T extends number | bigint ? { value: T; add(amount: T): void } : T;

/** What the sources call a map, which decides what its methods mean. */
export type MapRole =
  | "hash"
  | "array"
  | "scratch"
  | "ring"
  | "perf"
  | "count"
  | "log2-hist"
  | "log2-hists"
  | "stacks"
  | "queue"
  | "bloom"
  | "programs"
  | "maps"
  | "redirect"
  | "cgroups"
  | "storage";

/** What the compiler knows about a map. */
export interface MapShape {
  readonly kind: "map";
  readonly mapType: MapType;
  readonly role: MapRole;
  readonly key: Layout | undefined;
  readonly value: Layout | undefined;
  readonly valueSize?: number;
  readonly maxEntries: number;
  /** Every CPU has a value of its own. */
  readonly perCpu?: boolean;
  /** `BPF_F_…` of map creation. */
  readonly flags?: number;
  /** Hash functions of a Bloom filter. */
  readonly mapExtra?: bigint;
  /** The map shares its content, under its name in bpffs, with others that are loaded. */
  readonly pinned?: boolean;
  /** What the maps of a map of maps look like. */
  readonly inner?: MapShape;
  /** The programs that a program array begins with, by name. */
  readonly programs?: readonly string[];
  /** What the storage belongs to. */
  readonly owner?: "task" | "sk" | "inode" | "cgroup";
}

/** What a person may say about any map. */
export interface MapOptions {
  /** Shares the content, under the map's name in bpffs, with other programs that are loaded. */
  readonly pinned?: boolean;
  /** Off takes memory only for entries that are there; hash tables only. */
  readonly preallocated?: boolean;
}

// include/uapi/linux/bpf.h
/** `BPF_F_NO_PREALLOC`. */
export const NO_PREALLOC = 1;

/** The part of a shape that options of any map decide. */
export function common({ pinned = false, preallocated = true }: MapOptions): {
  readonly pinned: boolean;
  readonly flags: number;
} {
  return { pinned, flags: preallocated ? 0 : NO_PREALLOC };
}

/** A map as the sources see it. Its methods exist for `tsc`; the compiler gives them their meaning. */
export function methods(shape: MapShape, names: readonly string[]): never {
  const map = { ...shape };
  const kernelOnly = names.map((name) => [
    name,
    (...args: readonly unknown[]): never => outside(name, map, ...args),
  ]);
  return Object.assign(map, Object.fromEntries(kernelOnly)) as never;
}
