import type { FdInfo } from "./fd-info.ts";

// Sizes of the hash table of GNU's C++ library that descriptors live in there.
const SIZES = [13, 29, 59, 127, 257, 541, 1109, 2357, 5087];

/**
 * The descriptors of a process by number. They are listed in the order in which libsinsp's hash table has them, as
 * `fd.types` shows it: the newest first, everything turned around when the table grows, and a descriptor whose place is
 * taken right before the others of that place. Kept here from back to front, so that adding stays at the end of a Map.
 */
export class FdTable {
  #map = new Map<number, FdInfo>();
  #buckets = 1;
  #largest = -1;

  get size(): number {
    return this.#map.size;
  }

  get(fd: number): FdInfo | undefined {
    return this.#map.get(fd);
  }

  has(fd: number): boolean {
    return this.#map.has(fd);
  }

  delete(fd: number): boolean {
    return this.#map.delete(fd);
  }

  /** All entries; deleting the one at hand is allowed. */
  entries(): IterableIterator<[number, FdInfo]> {
    return this.#map.entries();
  }

  /** All descriptors. */
  values(): IterableIterator<FdInfo> {
    return this.#map.values();
  }

  set(fd: number, info: FdInfo): void {
    if (!this.#map.has(fd)) {
      if (this.#map.size + 1 > this.#buckets) this.#grow();
      this.#insert(fd, info);
    } else this.#map.set(fd, info);
  }

  /** Numbers and descriptors in the order of the library's table. */
  orderedEntries(): [number, FdInfo][] {
    return [...this.#map].reverse();
  }

  #insert(fd: number, info: FdInfo): void {
    if (fd > this.#largest) this.#largest = fd;
    // Numbers below the table's size have a place of their own, unless a larger one has taken it.
    if (this.#largest < this.#buckets) {
      this.#map.set(fd, info);
      return;
    }
    const bucket = Math.abs(fd) % this.#buckets;
    const entries = [...this.#map];
    // Back to front: the last of the same place is the one that comes first in the library.
    const neighbour = entries.findLastIndex(
      ([other]) => Math.abs(other) % this.#buckets === bucket,
    );
    if (neighbour === -1 || neighbour === entries.length - 1) {
      this.#map.set(fd, info);
      return;
    }
    entries.splice(neighbour + 1, 0, [fd, info]);
    this.#map = new Map(entries);
  }

  #grow(): void {
    const wanted = Math.max(this.#map.size + 1, 2 * this.#buckets);
    this.#buckets = SIZES.find((size) => size >= wanted) ?? 10_273;
    const entries = [...this.#map].reverse();
    this.#map = new Map();
    this.#largest = -1;
    for (const [fd, info] of entries) this.#insert(fd, info);
  }
}
