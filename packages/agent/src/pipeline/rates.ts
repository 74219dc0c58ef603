/** Counts by key within the running second, and the totals. */
export class Rates<K> {
  #current = new Map<K, number>();
  #last: ReadonlyMap<K, number> = new Map();

  /** Counts one. */
  add(key: K): void {
    this.#current.set(key, (this.#current.get(key) ?? 0) + 1);
  }

  /** Ends the interval. */
  turn(): void {
    this.#last = this.#current;
    this.#current = new Map();
  }

  /** The most frequent keys of the interval that ended last. */
  top(most: number): readonly (readonly [key: K, count: number])[] {
    return [...this.#last].toSorted(([, a], [, b]) => b - a).slice(0, most);
  }
}
