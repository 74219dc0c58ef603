/** A map of bounded size: what was not asked for the longest goes first. */
export interface LruMap<V> {
  /** The value of a key, made where there is none. */
  readonly get: (key: string, make: () => V) => V;
  /** The value of a key without making one; it counts as asked for. */
  readonly find: (key: string) => V | undefined;
  /** The value of a key, which does not count as asked for: safe while walking the entries. */
  readonly peek: (key: string) => V | undefined;
  readonly entries: () => IterableIterator<[string, V]>;
}

/** An empty map for at most `limit` keys. */
export function createLruMap<V>(limit: number): LruMap<V> {
  const map = new Map<string, V>();
  const touch = (key: string, value: V): V => {
    map.delete(key);
    map.set(key, value);
    return value;
  };
  return {
    get: (key, make) => {
      const present = map.get(key);
      if (present !== undefined) return touch(key, present);
      if (map.size >= limit) {
        const oldest = map.keys().next();
        if (oldest.done !== true) map.delete(oldest.value);
      }
      const made = make();
      map.set(key, made);
      return made;
    },
    find: (key) => {
      const present = map.get(key);
      return present === undefined ? undefined : touch(key, present);
    },
    peek: (key) => map.get(key),
    entries: () => map.entries(),
  };
}
