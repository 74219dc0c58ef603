/** The last so many things, in the order in which they came. */
export class Recent<T> {
  readonly #slots: (T | undefined)[];
  #next = 0;
  #total = 0;

  /** Room for `most`. */
  constructor(most: number) {
    this.#slots = Array.from<T | undefined>({ length: most });
  }

  /** How many came in all. */
  get total(): number {
    return this.#total;
  }

  /** Takes one in; the oldest gives way. */
  add(one: T): void {
    this.#slots[this.#next] = one;
    this.#next = (this.#next + 1) % this.#slots.length;
    this.#total += 1;
  }

  /** The last `most` of them, the oldest first. */
  last(most: number): T[] {
    const count = Math.min(most, this.#total, this.#slots.length);
    const found: T[] = [];
    for (let back = count; back > 0; back -= 1) {
      const one = this.#slots[(this.#next - back + this.#slots.length) % this.#slots.length];
      if (one !== undefined) found.push(one);
    }
    return found;
  }
}
