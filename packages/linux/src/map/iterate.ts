import { LinuxError } from "../error.ts";
import { BatchCursor, lookupBatch } from "./batch.ts";
import type { BpfMap } from "./map.ts";

/** Some entries of a map, one right after the other in buffers that the next step overwrites. */
export interface EntryBatch {
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
  readonly count: number;
}

const BATCHED: ReadonlySet<string> = new Set([
  "hash",
  "lru_hash",
  "percpu_hash",
  "lru_percpu_hash",
  "rhash",
  "array",
  "percpu_array",
]);

/**
 * Every key, copied. The current key may be deleted meanwhile. When others delete keys, maps that are not hash tables
 * may start again: once more keys came than the map can hold this throws `busy`, and some may have come twice.
 */
export function* mapKeys(map: BpfMap): Generator<Uint8Array, void> {
  if (BATCHED.has(map.type)) {
    for (const [key] of mapEntries(map)) yield key;
  } else {
    yield* steppedKeys(map);
  }
}

function* steppedKeys(map: BpfMap): Generator<Uint8Array, void> {
  let key = map.nextKey();
  for (let count = 0; key !== undefined; count += 1) {
    if (count >= map.maxEntries)
      throw new LinuxError(
        "busy",
        `Cannot finish the walk over map "${map.name}" after ${count} keys: it started again, as keys were deleted meanwhile`,
      );
    // Asked before the caller sees the key: it may delete it.
    const next = map.nextKey(key);
    yield key;
    key = next;
  }
}

/**
 * Every entry in batches, without a copy. Hash tables are walked by bucket (Linux 5.6): entries that are there all the
 * while come exactly once, whatever is deleted or added. Other types as `mapKeys()`; keys that vanish are left out.
 */
export function* entryBatches(map: BpfMap): Generator<EntryBatch, void> {
  if (BATCHED.has(map.type)) {
    const cursor = new BatchCursor(map);
    try {
      while (lookupBatch(cursor) > 0) yield cursor;
      return;
    } catch (error) {
      // Per-CPU arrays have batches since Linux 5.13; before, stepping is as good, as their keys stay.
      if (!(error instanceof LinuxError) || error.code !== "unsupported") throw error;
    }
  }
  const values = new Uint8Array(map.copySize);
  for (const keys of steppedKeys(map)) {
    if (map.lookup(keys, values) !== undefined) yield { keys, values, count: 1 };
  }
}

/** Every entry as a copied key and value; see `entryBatches()` for what happens while the map changes. */
export function* mapEntries(
  map: BpfMap,
): Generator<readonly [key: Uint8Array, value: Uint8Array], void> {
  const { keySize, copySize } = map;
  for (const { keys, values, count } of entryBatches(map)) {
    for (let i = 0; i < count; i += 1) {
      yield [
        keys.slice(i * keySize, (i + 1) * keySize),
        values.slice(i * copySize, (i + 1) * copySize),
      ];
    }
  }
}
