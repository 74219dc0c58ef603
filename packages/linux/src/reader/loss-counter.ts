import type { BpfMap } from "../map/map.ts";

/** A count that only grows. */
export interface LossCounter {
  /** Records lost so far. */
  total(): number;
}

/**
 * The loss counter of a program: u64 number `index` of an array or per-CPU array map, summed over the CPUs. A ring buffer
 * cannot say what did not fit; the program that could not reserve space counts. Throws RangeError when values are not 8
 * bytes, or when the map has no such index.
 */
export function mapLossCounter(map: BpfMap, index = 0): LossCounter {
  if (map.keySize !== 4 || map.valueSize !== 8) {
    throw new RangeError(
      `Cannot count losses in map "${map.name}": keys must have 4 bytes and values 8, they have ${map.keySize} and ${map.valueSize}`,
    );
  }
  if (index >= map.maxEntries) {
    throw new RangeError(
      `Cannot count losses at index ${index} of map "${map.name}": it has ${map.maxEntries} entries`,
    );
  }
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, index, true);
  const values = new Uint8Array(map.copySize);
  const view = new DataView(values.buffer);
  return {
    total() {
      map.lookup(key, values);
      let sum = 0;
      // Two halves and not a bigint: exact up to 2^53.
      for (let at = 0; at < values.length; at += 8)
        sum += view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
      return sum;
    },
  };
}
