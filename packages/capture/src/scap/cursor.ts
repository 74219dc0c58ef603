import { readSignedNumber, readUnsigned } from "../event/number64.ts";
import { decodeText } from "../text/decode-text.ts";

/**
 * Reads the fields of a list's entries one after the other. Beyond `end` everything reads as zero or empty and
 * `failed` is set, so that callers check once per entry.
 */
export class Cursor {
  failed = false;
  position: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = start;
    this.#end = end;
  }

  /** Bytes that are left. */
  get left(): number {
    return this.#end - this.position;
  }

  u8(): number {
    return this.#take(1) ? this.#view.getUint8(this.position - 1) : 0;
  }

  u16(): number {
    return this.#take(2) ? this.#view.getUint16(this.position - 2, true) : 0;
  }

  u32(): number {
    return this.#take(4) ? this.#view.getUint32(this.position - 4, true) : 0;
  }

  /** Exact: a bigint above 2^53. */
  u64(): number | bigint {
    return this.#take(8) ? readUnsigned(this.#view, this.position - 8) : 0;
  }

  bigU64(): bigint {
    return this.#take(8) ? this.#view.getBigUint64(this.position - 8, true) : 0n;
  }

  /** Rounded beyond 2^53. */
  i64(): number {
    return this.#take(8) ? readSignedNumber(this.#view, this.position - 8) : 0;
  }

  /** A copy of the next `length` bytes. */
  bytes(length: number): Uint8Array {
    if (!this.#take(length)) return new Uint8Array(0);
    return this.#bytes.slice(this.position - length, this.position);
  }

  /** A text with its length in 16 bits before it. */
  text(): string {
    const length = this.u16();
    if (!this.#take(length)) return "";
    return decodeText(this.#bytes, this.position - length, this.position);
  }

  /** Bytes with their length in 16 bits before them. */
  block(): Uint8Array {
    return this.bytes(this.u16());
  }

  skip(length: number): void {
    this.#take(length);
  }

  #take(length: number): boolean {
    if (length > this.left) {
      this.failed = true;
      this.position = this.#end;
      return false;
    }
    this.position += length;
    return true;
  }
}
