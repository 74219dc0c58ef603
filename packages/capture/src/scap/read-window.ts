// Bytes of the file slide through one buffer; behind it lies room for parameters that a conversion makes, so that all
// parameters of an event are offsets into the same memory.
//
//   [ consumed | start … end: to be read | room ][ scratch ]
const CHUNK = 1 << 20;
const SCRATCH = 192 << 10;

/** The part of a file that is at hand, and a scratch area behind it. */
export class ReadWindow {
  bytes: Uint8Array;
  view: DataView;
  /** Where unread bytes begin. */
  start = 0;
  /** Where they end. */
  end = 0;
  /** Position in the file of `bytes[0]`. */
  #base = 0;
  #capacity = CHUNK;

  constructor() {
    this.bytes = new Uint8Array(CHUNK + SCRATCH);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Bytes that wait to be read. */
  get left(): number {
    return this.end - this.start;
  }

  /** Position in the file of the next unread byte. */
  get position(): number {
    return this.#base + this.start;
  }

  /** Position in the file of an index into `bytes`. */
  offsetOf(index: number): number {
    return this.#base + index;
  }

  /** Where the scratch area begins. */
  get scratch(): number {
    return this.#capacity;
  }

  /** Free bytes behind the unread ones; never none. */
  room(): Uint8Array {
    if (this.start > 0) {
      this.bytes.copyWithin(0, this.start, this.end);
      this.#base += this.start;
      this.end -= this.start;
      this.start = 0;
    }
    if (this.end === this.#capacity) this.expect(2 * this.#capacity);
    return this.bytes.subarray(this.end, this.#capacity);
  }

  /** Notes that `length` bytes were written to the room. */
  filled(length: number): void {
    this.end += Math.min(length, this.#capacity - this.end);
  }

  /** Makes place for a block of `length` bytes. */
  expect(length: number): void {
    if (length <= this.#capacity) return;
    const old = this.bytes;
    // As much more again, so that a file of large blocks does not grow it each time.
    this.#capacity = Math.ceil(length / CHUNK) * CHUNK;
    this.bytes = new Uint8Array(this.#capacity + SCRATCH);
    this.bytes.set(old.subarray(this.start, this.end));
    this.view = new DataView(this.bytes.buffer);
    this.#base += this.start;
    this.end -= this.start;
    this.start = 0;
  }
}
