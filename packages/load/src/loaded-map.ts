import type { Layout, MapShape } from "@ocelli/compiler";
import {
  indexKey,
  leasedRecords,
  openRingReader,
  createRingReader,
  perCpu,
  typedMap,
  u32,
  type BpfMap,
  type Codec,
  type RingReader,
  type RingReaderOptions,
  type TypedMap,
} from "@ocelli/linux";

import { codecOf } from "./codec.ts";
import { recordViews } from "./record-view.ts";

/** A hash table or an array, from the user side. Values of per-CPU maps are arrays with one value per possible CPU. */
export type LoadedMap<K, V> = TypedMap<K, V>;

/** A counter per key, from the user side. */
export interface LoadedCount<K> {
  readonly map: BpfMap;
  /** How often a key was hit. */
  get(key: K): bigint;
  /** All keys with their counts. */
  entries(): Iterable<[K, bigint]>;
  /** Forgets all keys. */
  clear(): void;
}

/** A histogram over powers of two, from the user side. */
export interface LoadedHistogram {
  readonly map: BpfMap;
  /** Slot 0 counts zeros, slot n values from 2^(n-1) to 2^n - 1. */
  slots(): bigint[];
  /** Sets every slot to zero. */
  clear(): void;
}

/** Stacks by id, from the user side. */
export interface LoadedStacks {
  readonly map: BpfMap;
  /** The return addresses of a stack, the innermost first; empty for an id that names none. */
  stack(id: number): bigint[];
}

/** A ring buffer, from the user side. Everything that reads one ring shares its position: use one way at a time. */
export interface LoadedRing<T> extends AsyncIterable<T> {
  readonly map: BpfMap;
  /**
   * Reads from now on, woken by the kernel, until the result or the module is disposed of. The record is a view of the ring's
   * memory that is valid until the callback returns; `toJSON()` gives a copy.
   */
  read(onRecord: (record: T) => void, options?: Omit<RingReaderOptions, "onRecord">): RingReader;
  /** Reads what is there now and returns how many records it was. The record is a view as for `read()`. */
  consume(onRecord: (record: T) => void): number;
  /** Records as plain objects that stay; waits for more until the signal or the module ends it. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, void>;
}

/** What a map needs of the module that it belongs to. */
export interface MapOwner {
  /** Closes with the module. */
  readonly stack: DisposableStack;
  /** Aborted when the module closes. */
  readonly signal: AbortSignal;
}

const NOTHING: Layout = { kind: "int", bits: 32, signed: false };

/** A map of a module as the user side uses it. */
export function loadedMap(shape: MapShape, map: BpfMap, owner: MapOwner): object {
  switch (shape.role) {
    case "ring":
      return loadedRing(shape.value ?? NOTHING, map, owner);
    case "count":
      return loadedCount(codecOf(shape.key ?? NOTHING), map);
    case "log2-hist":
      return loadedHistogram(map);
    case "stacks":
      return loadedStacks(map);
    default: {
      if (shape.key === undefined || shape.value === undefined) return { map };
      const value = codecOf(shape.value);
      const isPerCpu = /percpu/.test(shape.mapType);
      return typedMap(map, codecOf(shape.key), isPerCpu ? perCpu(value) : value);
    }
  }
}

function loadedCount(key: Codec<unknown>, map: BpfMap): LoadedCount<unknown> {
  const typed = typedMap(map, key, codecOf({ kind: "int", bits: 64, signed: false }));
  return {
    map,
    get: (one) => (typed.get(one) ?? 0n) as bigint,
    entries: () => typed.entries() as Generator<[unknown, bigint], void>,
    clear: () => {
      // All keys first: deleting the key that a walk stands on would start it again.
      const keys = Array.from(typed.keys());
      for (const one of keys) typed.delete(one);
    },
  };
}

function loadedHistogram(map: BpfMap): LoadedHistogram {
  const typed = typedMap(map, u32, codecOf({ kind: "int", bits: 64, signed: false }));
  return {
    map,
    slots: () => Array.from({ length: map.maxEntries }, (_, slot) => typed.get(slot) as bigint),
    clear: () => {
      for (let slot = 0; slot < map.maxEntries; slot += 1) typed.set(slot, 0n);
    },
  };
}

function loadedStacks(map: BpfMap): LoadedStacks {
  return {
    map,
    stack(id) {
      const bytes = id < 0 ? undefined : map.lookup(indexKey(id));
      if (bytes === undefined) return [];
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const addresses: bigint[] = [];
      for (let at = 0; at + 8 <= bytes.length; at += 8) {
        const address = view.getBigUint64(at, true);
        if (address === 0n) break;
        addresses.push(address);
      }
      return addresses;
    },
  };
}

function loadedRing(layout: Layout, map: BpfMap, owner: MapOwner): LoadedRing<unknown> {
  const cursors = recordViews(layout);
  const whole = codecOf(layout);
  let current: (record: unknown) => void = () => undefined;
  let polled: RingReader | undefined;
  const poll = (): RingReader => {
    const cursor = cursors();
    return owner.stack.use(
      openRingReader(map, {
        onRecord: (memory, offset) => {
          cursor.at(memory, offset);
          current(cursor.view);
        },
      }),
    );
  };
  return {
    map,
    read(onRecord, options = {}) {
      const cursor = cursors();
      return owner.stack.use(
        createRingReader(map, {
          ...options,
          onRecord: (memory, offset) => {
            cursor.at(memory, offset);
            onRecord(cursor.view);
          },
        }),
      );
    },
    consume(onRecord) {
      polled ??= poll();
      current = onRecord;
      return polled.consume();
    },
    async *[Symbol.asyncIterator]() {
      for await (const { memory, offset } of leasedRecords(map, { signal: owner.signal }))
        yield whole.read(memory.view as DataView, offset);
    },
  };
}
