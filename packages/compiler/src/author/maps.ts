import type { MapType } from "@ocelli/bpf";

import { common, methods, type MapOptions, type MapShape, type Ref } from "./map-shape.ts";
import { u32, u64, type Schema } from "./schema.ts";
import type { i32 as I32, u32 as U32, u64 as U64 } from "./types.ts";

/** A map in which every CPU has a value of its own: the program sees its CPU's, the user side all of them. */
export type PerCpu<M extends MapShape> = M & { readonly perCpu: true };

/** A hash table. */
export interface HashMap<K, V> extends MapShape {
  /** The value under a key, to be read and changed in place; `undefined` when there is none. */
  lookup(key: K): Ref<V> | undefined;
  /** The same, after putting `init` there if there was none; `undefined` when the map is full. */
  lookupOrInit(key: K, init: V): Ref<V> | undefined;
  /** Whether the value was put there. `noexist` and `exist` say what must be true of the key before. */
  set(key: K, value: V, mode?: "any" | "noexist" | "exist"): boolean;
  /** Whether the key was there. */
  delete(key: K): boolean;
  /** All entries, as `for (const [key, value] of map)` visits them in kernel programs. Linux 5.13. */
  [Symbol.iterator](): Iterator<[K, Ref<V>]>;
}

/** An array with as many values as it was made with, all zero at first. */
export interface ArrayMap<V> extends MapShape {
  /** `undefined` when the index is beyond the end. */
  lookup(index: U32): Ref<V> | undefined;
  /** Whether the index is inside. */
  set(index: U32, value: V): boolean;
  /** All values, as `for (const [index, value] of map)` visits them in kernel programs. Linux 5.13. */
  [Symbol.iterator](): Iterator<[U32, Ref<V>]>;
}

/** A value per CPU that is too large for the stack of 512 bytes. It keeps what was written before. */
export interface Scratch<V> extends MapShape {
  /** This CPU's value. */
  get(): Ref<V> | undefined;
}

/** Records on their way to user space, in order over all CPUs. Linux 5.8. */
export interface RingBuf<T> extends MapShape {
  /**
   * Reserves a record, zeroes it, lets `fill` fill it and hands it over, unless `fill` returns false: then the record is thrown
   * away. `false` when the ring is full.
   */
  emit(fill: (record: T) => void | boolean): boolean;
  /** Copies a record that lies elsewhere, such as in a scratch, or its first `bytes` bytes. `false` when the ring is full. */
  output(record: T): boolean;
  output(record: object, bytes: U32): boolean;
}

/** How often each key was hit. */
export interface Count<K> extends MapShape {
  hit(key: K): void;
}

/** A histogram over powers of two: slot 0 counts zeros, slot n values from 2^(n-1) to 2^n - 1. */
export interface Log2Hist extends MapShape {
  record(value: U64): void;
}

/** A histogram over powers of two for each key. */
export interface Log2Hists<K> extends MapShape {
  record(key: K, value: U64): void;
}

/** Stacks by id. A negative id says why there is none. */
export interface StackTraces extends MapShape {
  kernel(): I32;
  user(): I32;
}

/** Options of `hashMap()`. */
export interface HashMapOptions<K, V> extends MapOptions {
  readonly key: Schema<K>;
  readonly value: Schema<V>;
  readonly maxEntries: number;
  /** The least used entries give way when it is full. */
  readonly lru?: boolean;
  /** Every CPU has a value of its own. */
  readonly perCpu?: boolean;
}

/** Makes a hash table. */
export function hashMap<K, V>(
  options: HashMapOptions<K, V> & { readonly perCpu: true },
): PerCpu<HashMap<K, V>>;
export function hashMap<K, V>(options: HashMapOptions<K, V>): HashMap<K, V>;
export function hashMap<K, V>(options: HashMapOptions<K, V>): HashMap<K, V> {
  const { key, value, maxEntries, lru = false, perCpu = false } = options;
  const mapType: MapType = lru
    ? perCpu
      ? "lru_percpu_hash"
      : "lru_hash"
    : perCpu
      ? "percpu_hash"
      : "hash";
  const shape: MapShape = {
    kind: "map",
    mapType,
    role: "hash",
    key: key.layout,
    value: value.layout,
    maxEntries,
    perCpu,
    ...common(options),
  };
  return methods(shape, ["lookup", "lookupOrInit", "set", "delete"]);
}

/** Options of `arrayMap()`. */
export interface ArrayMapOptions<V> extends MapOptions {
  readonly value: Schema<V>;
  readonly maxEntries: number;
  /** Every CPU has values of its own. */
  readonly perCpu?: boolean;
}

/** Makes an array. */
export function arrayMap<V>(
  options: ArrayMapOptions<V> & { readonly perCpu: true },
): PerCpu<ArrayMap<V>>;
export function arrayMap<V>(options: ArrayMapOptions<V>): ArrayMap<V>;
export function arrayMap<V>(options: ArrayMapOptions<V>): ArrayMap<V> {
  const { value, maxEntries, perCpu = false } = options;
  const mapType: MapType = perCpu ? "percpu_array" : "array";
  const shape: MapShape = {
    kind: "map",
    mapType,
    role: "array",
    key: u32.layout,
    value: value.layout,
    maxEntries,
    perCpu,
    ...common(options),
  };
  return methods(shape, ["lookup", "set"]);
}

/** Makes room for one value per CPU. */
export function scratch<V>(value: Schema<V>): Scratch<V> {
  const shape: MapShape = {
    kind: "map",
    mapType: "percpu_array",
    role: "scratch",
    key: u32.layout,
    value: value.layout,
    maxEntries: 1,
  };
  return methods(shape, ["get"]);
}

/** Makes a ring buffer; `bytes` is a power of two and a multiple of the page size, 256 KiB if absent. */
export function ringBuf<T>(
  record: Schema<T>,
  options: { readonly bytes?: number } = {},
): RingBuf<T> {
  const shape: MapShape = {
    kind: "map",
    mapType: "ringbuf",
    role: "ring",
    key: undefined,
    value: record.layout,
    maxEntries: options.bytes ?? 256 * 1024,
  };
  return methods(shape, ["emit", "output"]);
}

/** Makes a counter per key; 10,240 keys if not said otherwise. */
export function count<K>(options: {
  readonly key: Schema<K>;
  readonly maxEntries?: number;
}): Count<K> {
  const shape: MapShape = {
    kind: "map",
    mapType: "hash",
    role: "count",
    key: options.key.layout,
    value: u64.layout,
    maxEntries: options.maxEntries ?? 10_240,
  };
  return methods(shape, ["hit"]);
}

/** Makes a histogram over powers of two with 65 slots, or one for each key: 10,240 keys if not said otherwise. */
export function log2Hist(): Log2Hist;
export function log2Hist<K>(options: {
  readonly key: Schema<K>;
  readonly maxEntries?: number;
}): Log2Hists<K>;
export function log2Hist<K>(options?: {
  readonly key: Schema<K>;
  readonly maxEntries?: number;
}): Log2Hist | Log2Hists<K> {
  if (options !== undefined) {
    const keyed: MapShape = {
      kind: "map",
      mapType: "hash",
      role: "log2-hists",
      key: options.key.layout,
      value: { kind: "array", element: u64.layout, length: 65 },
      maxEntries: options.maxEntries ?? 10_240,
    };
    return methods(keyed, ["record"]);
  }
  const shape: MapShape = {
    kind: "map",
    mapType: "array",
    role: "log2-hist",
    key: u32.layout,
    value: u64.layout,
    maxEntries: 65,
  };
  return methods(shape, ["record"]);
}

/** Makes a store of stacks: 16,384 stacks of up to 127 frames if not said otherwise. */
export function stackTraces(
  options: { readonly maxEntries?: number; readonly depth?: number } = {},
): StackTraces {
  const { maxEntries = 16_384, depth = 127 } = options;
  const shape: MapShape = {
    kind: "map",
    mapType: "stack_trace",
    role: "stacks",
    key: u32.layout,
    value: undefined,
    valueSize: depth * 8,
    maxEntries,
  };
  return methods(shape, ["kernel", "user"]);
}
