import type { HashMap } from "./maps.ts";
import {
  common,
  methods,
  NO_PREALLOC,
  type MapOptions,
  type MapShape,
  type Ref,
} from "./map-shape.ts";
import { u32, type Schema } from "./schema.ts";
import type { Xdp } from "./programs.ts";
import type { u32 as U32 } from "./types.ts";

/** A table of prefixes: the longest that fits a key is found. Keys are structs that begin with `prefixlen`, a u32 of bits. */
export type LpmTrie<K, V> = HashMap<K, V>;

/** Makes a table of prefixes. Linux 4.11. */
export function lpmTrie<K, V>(
  options: MapOptions & {
    readonly key: Schema<K>;
    readonly value: Schema<V>;
    readonly maxEntries: number;
  },
): LpmTrie<K, V> {
  const { key, value, maxEntries } = options;
  const shape: MapShape = {
    kind: "map",
    mapType: "lpm_trie",
    role: "hash",
    key: key.layout,
    value: value.layout,
    maxEntries,
    ...common(options),
    flags: NO_PREALLOC,
  };
  return methods(shape, ["lookup", "lookupOrInit", "set", "delete"]);
}

/** Values that leave in the order in which they came, or in the reverse order. */
export interface Queue<V> extends MapShape {
  /** Whether the value was put there. `drop` throws the oldest away where there is no room. */
  push(value: V, mode?: "drop"): boolean;
  /** Takes the next value out; `undefined` when there is none. It is a copy. */
  pop(): Ref<V> | undefined;
  /** The next value, which stays; `undefined` when there is none. It is a copy. */
  peek(): Ref<V> | undefined;
}

function sequence<V>(
  mapType: "queue" | "stack",
  options: { readonly value: Schema<V>; readonly maxEntries: number } & MapOptions,
): Queue<V> {
  const { value, maxEntries } = options;
  const shape: MapShape = {
    kind: "map",
    mapType,
    role: "queue",
    key: undefined,
    value: value.layout,
    maxEntries,
    ...common(options),
  };
  return methods(shape, ["push", "pop", "peek"]);
}

/** Makes a queue: first in, first out. Linux 4.20. */
export function queue<V>(
  options: { readonly value: Schema<V>; readonly maxEntries: number } & MapOptions,
): Queue<V> {
  return sequence("queue", options);
}

/** Makes a stack: last in, first out. Linux 4.20. */
export function stack<V>(
  options: { readonly value: Schema<V>; readonly maxEntries: number } & MapOptions,
): Queue<V> {
  return sequence("stack", options);
}

/** A set that may say that a value is in it although it is not, never the other way. */
export interface BloomFilter<V> extends MapShape {
  add(value: V): boolean;
  has(value: V): boolean;
}

/** Makes a Bloom filter for about `maxEntries` values. Linux 5.16. */
export function bloomFilter<V>(
  options: {
    readonly value: Schema<V>;
    readonly maxEntries: number;
    /** 1 to 15, 5 if absent. */
    readonly hashes?: number;
  } & MapOptions,
): BloomFilter<V> {
  const { value, maxEntries, hashes = 5 } = options;
  const shape: MapShape = {
    kind: "map",
    mapType: "bloom_filter",
    role: "bloom",
    key: undefined,
    value: value.layout,
    maxEntries,
    mapExtra: BigInt(hashes),
    ...common(options),
  };
  return methods(shape, ["add", "has"]);
}

/** Programs that take the place of the one that calls them. */
export interface ProgramArray extends MapShape {
  /** Goes on in the program of that index and never comes back; where there is none the next statement follows. */
  tailCall(index: U32): void;
}

/** Makes an array of programs, which begins with those that `programs` names. */
export function programArray(
  options: {
    readonly maxEntries: number;
    /** Names of programs of the module, by index. */
    readonly programs?: readonly string[];
  } & MapOptions,
): ProgramArray {
  const shape: MapShape = {
    kind: "map",
    mapType: "prog_array",
    role: "programs",
    key: u32.layout,
    value: u32.layout,
    maxEntries: options.maxEntries,
    programs: options.programs ?? [],
    ...common(options),
  };
  return methods(shape, ["tailCall"]);
}

/** Maps by key. */
export interface MapOfMaps<K, M> extends MapShape {
  lookup(key: K): M | undefined;
}

/** Makes an array of maps that look like `inner`; the user side puts them there. */
export function arrayOfMaps<M extends MapShape>(
  options: { readonly inner: M; readonly maxEntries: number } & MapOptions,
): MapOfMaps<U32, M> {
  const shape: MapShape = {
    kind: "map",
    mapType: "array_of_maps",
    role: "maps",
    key: u32.layout,
    value: u32.layout,
    maxEntries: options.maxEntries,
    inner: options.inner,
    ...common(options),
  };
  return methods(shape, ["lookup"]);
}

/** Makes a hash table of maps that look like `inner`; the user side puts them there. */
export function hashOfMaps<K, M extends MapShape>(
  options: {
    readonly key: Schema<K>;
    readonly inner: M;
    readonly maxEntries: number;
  } & MapOptions,
): MapOfMaps<K, M> {
  const shape: MapShape = {
    kind: "map",
    mapType: "hash_of_maps",
    role: "maps",
    key: options.key.layout,
    value: u32.layout,
    maxEntries: options.maxEntries,
    inner: options.inner,
    ...common(options),
  };
  return methods(shape, ["lookup"]);
}

/** Records on their way to user space through a buffer per CPU. */
export interface PerfEvents<T> extends MapShape {
  /** Fills a zeroed record and hands it over, unless `fill` returns false. `false` when the buffer is full. */
  emit(fill: (record: T) => void | boolean): boolean;
  /** Copies a record that lies elsewhere. `false` when the buffer is full. */
  output(record: T): boolean;
}

/** Makes a buffer per CPU for records; kernels from 5.8 have `ringBuf()`, which keeps their order. Linux 4.4. */
export function perfEvents<T>(record: Schema<T>): PerfEvents<T> {
  const shape: MapShape = {
    kind: "map",
    mapType: "perf_event_array",
    role: "perf",
    key: u32.layout,
    value: record.layout,
    valueSize: 4,
    maxEntries: 0,
  };
  return methods(shape, ["emit", "output"]);
}

/** Places that XDP sends packets to. */
export interface RedirectMap extends MapShape {
  /** The verdict that sends the packet there; the lower bits of `fallback` where there is no such place. */
  redirect(key: U32, fallback?: Xdp): Xdp;
}

function redirects(
  mapType: "devmap" | "devmap_hash" | "cpumap" | "xskmap",
  options: { readonly maxEntries: number } & MapOptions,
): RedirectMap {
  const shape: MapShape = {
    kind: "map",
    mapType,
    role: "redirect",
    key: u32.layout,
    value: u32.layout,
    maxEntries: options.maxEntries,
    ...common(options),
  };
  return methods(shape, ["redirect"]);
}

/** Makes an array of devices, or a table by any key. Linux 4.14; by key 5.4. */
export function devMap(
  options: { readonly maxEntries: number; readonly hash?: boolean } & MapOptions,
): RedirectMap {
  return redirects(options.hash === true ? "devmap_hash" : "devmap", options);
}

/** Makes an array of CPUs. Linux 4.15. */
export function cpuMap(options: { readonly maxEntries: number } & MapOptions): RedirectMap {
  return redirects("cpumap", options);
}

/** Makes an array of AF_XDP sockets. Linux 4.18. */
export function xskMap(options: { readonly maxEntries: number } & MapOptions): RedirectMap {
  return redirects("xskmap", options);
}

/** Cgroups by index. */
export interface CgroupArray extends MapShape {
  /** Whether the current process is in the cgroup of that index, or below it. */
  holdsCurrent(index: U32): boolean;
}

/** Makes an array of cgroups. Linux 4.8. */
export function cgroupArray(options: { readonly maxEntries: number } & MapOptions): CgroupArray {
  const shape: MapShape = {
    kind: "map",
    mapType: "cgroup_array",
    role: "cgroups",
    key: u32.layout,
    value: u32.layout,
    maxEntries: options.maxEntries,
    ...common(options),
  };
  return methods(shape, ["holdsCurrent"]);
}

/** A value that lives and dies with a task, a socket, an inode or a cgroup. */
export interface Storage<O, V> extends MapShape {
  lookup(owner: O): Ref<V> | undefined;
  /** The same, after making one that is zero if there was none; `undefined` when there is no memory. */
  lookupOrInit(owner: O): Ref<V> | undefined;
  delete(owner: O): boolean;
}

function storage<O, V>(
  mapType: "task_storage" | "sk_storage" | "inode_storage" | "cgrp_storage",
  owner: NonNullable<MapShape["owner"]>,
  value: Schema<V>,
): Storage<O, V> {
  const shape: MapShape = {
    kind: "map",
    mapType,
    role: "storage",
    key: { kind: "int", bits: 32, signed: true },
    value: value.layout,
    maxEntries: 0,
    flags: NO_PREALLOC,
    owner,
  };
  return methods(shape, ["lookup", "lookupOrInit", "delete"]);
}

/** Makes a value per task, which a BTF pointer such as an argument or `currentTask()` names. Linux 5.11. */
export function taskStorage<V>(value: Schema<V>): Storage<object, V> {
  return storage("task_storage", "task", value);
}

/** Makes a value per socket. Linux 5.2; tracing programs 5.11. */
export function skStorage<V>(value: Schema<V>): Storage<object, V> {
  return storage("sk_storage", "sk", value);
}

/** Makes a value per inode, for programs of security hooks. Linux 5.10. */
export function inodeStorage<V>(value: Schema<V>): Storage<object, V> {
  return storage("inode_storage", "inode", value);
}

/** Makes a value per cgroup. Linux 6.2. */
export function cgroupStorage<V>(value: Schema<V>): Storage<object, V> {
  return storage("cgrp_storage", "cgroup", value);
}
