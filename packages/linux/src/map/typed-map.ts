import type { Codec } from "./codec.ts";
import { entryBatches, mapKeys } from "./iterate.ts";
import type { BpfMap } from "./map.ts";

/** A map with types on its keys and values. It owns nothing: dispose of `map`. */
export interface TypedMap<K, V> {
  readonly map: BpfMap;
  /** The value of a key, `undefined` when there is none. */
  get(key: K): V | undefined;
  has(key: K): boolean;
  /** Writes a value. `flags` as for `BpfMap.update()`. */
  set(key: K, value: V, flags?: number): void;
  /** Whether the key was there. */
  delete(key: K): boolean;
  /** Reads a value and removes its key in one step. */
  take(key: K): V | undefined;
  entries(): Generator<[K, V], void>;
  keys(): Generator<K, void>;
  values(): Generator<V, void>;
}

function checkSizes(map: BpfMap, key: number, value: number): void {
  if (key !== map.keySize)
    throw new RangeError(
      `Cannot use a codec of ${key} bytes for the keys of map "${map.name}": they have ${map.keySize}`,
    );
  if (value === map.copySize) return;
  const remedy =
    map.copySize !== map.valueSize && value === map.valueSize ? ": use perCpu() around it" : "";
  throw new RangeError(
    `Cannot use a codec of ${value} bytes for the values of map "${map.name}": they have ${map.copySize}${remedy}`,
  );
}

/**
 * Puts types on a map's keys and values. Values of per-CPU maps are arrays: `perCpu(u64)`. Codecs read and write the
 * buffers of the system call in place. Throws RangeError when a codec's size is not the map's.
 */
export function typedMap<K, V>(map: BpfMap, key: Codec<K>, value: Codec<V>): TypedMap<K, V> {
  checkSizes(map, key.size, value.size);
  const { key: keyBytes, value: valueBytes } = map.elements();
  const keyView = new DataView(keyBytes.buffer, keyBytes.byteOffset, keyBytes.length);
  const valueView = new DataView(valueBytes.buffer, valueBytes.byteOffset, valueBytes.length);
  const viewOf = (bytes: Uint8Array): DataView =>
    new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  function* walk<T>(make: (keys: DataView, k: number, values: DataView, v: number) => T) {
    for (const batch of entryBatches(map)) {
      const keys = viewOf(batch.keys);
      const values = viewOf(batch.values);
      for (let i = 0; i < batch.count; i += 1)
        yield make(keys, i * key.size, values, i * value.size);
    }
  }
  return {
    map,
    get: (k) => {
      key.write(keyView, 0, k);
      return map.lookup(keyBytes, valueBytes) === undefined ? undefined : value.read(valueView, 0);
    },
    has: (k) => {
      key.write(keyView, 0, k);
      return map.lookup(keyBytes, valueBytes) !== undefined;
    },
    set: (k, v, flags) => {
      key.write(keyView, 0, k);
      value.write(valueView, 0, v);
      map.update(keyBytes, valueBytes, flags);
    },
    delete: (k) => {
      key.write(keyView, 0, k);
      return map.delete(keyBytes);
    },
    take: (k) => {
      key.write(keyView, 0, k);
      const found = map.lookupAndDelete(keyBytes, valueBytes);
      return found === undefined ? undefined : value.read(valueView, 0);
    },
    entries: () => walk((keys, k, values, v): [K, V] => [key.read(keys, k), value.read(values, v)]),
    *keys() {
      for (const k of mapKeys(map)) yield key.read(viewOf(k), 0);
    },
    values: () => walk((_keys, _k, values, v) => value.read(values, v)),
  };
}
