import { decodeTerminated, decodeTexts } from "../text/decode-text.ts";
import { readSigned, readSignedNumber, readUnsigned } from "./number64.ts";

const NULL_TEXT = "(NULL)";

/**
 * Parameters of an event where they stand in a buffer, decoded when they are asked for. One of length 0, or beyond the
 * last, is missing.
 */
export class Parameters {
  /** Number of the kind of event. */
  type = 0;
  /** Number of parameters. */
  count = 0;
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Where each parameter begins in `bytes`. */
  readonly offsets: Int32Array;
  /** Length of each parameter in bytes. */
  readonly lengths: Int32Array;

  constructor(most: number) {
    this.offsets = new Int32Array(most);
    this.lengths = new Int32Array(most);
  }

  /** Whether parameter `index` is there and not empty. */
  has(index: number): boolean {
    return index < this.count && this.lengths[index] !== 0;
  }

  /** Length of a parameter in bytes; 0 when it is missing. */
  lengthOf(index: number): number {
    return index < this.count ? (this.lengths[index] ?? 0) : 0;
  }

  /** Where a parameter begins in `bytes`. */
  offsetOf(index: number): number {
    return this.offsets[index] ?? 0;
  }

  /** An unsigned parameter of at most 32 bits; 0 when it is missing. Of longer ones the low half. */
  u32(index: number): number {
    const offset = this.offsetOf(index);
    switch (this.lengthOf(index)) {
      case 0:
        return 0;
      case 1:
        return this.view.getUint8(offset);
      case 2:
      case 3:
        return this.view.getUint16(offset, true);
      default:
        return this.view.getUint32(offset, true);
    }
  }

  /** A signed parameter as a number: descriptors, ids, results. 0 when it is missing; rounded beyond 2^53. */
  i64(index: number): number {
    const offset = this.offsetOf(index);
    const length = this.lengthOf(index);
    if (length >= 8) return readSignedNumber(this.view, offset);
    if (length >= 4) return this.view.getInt32(offset, true);
    if (length >= 2) return this.view.getInt16(offset, true);
    return length === 1 ? this.view.getInt8(offset) : 0;
  }

  /** A signed parameter, exact. */
  signed(index: number): number | bigint {
    return this.lengthOf(index) >= 8
      ? readSigned(this.view, this.offsetOf(index))
      : this.i64(index);
  }

  /** An unsigned parameter of up to 64 bits, exact; 0 when it is missing. */
  unsigned(index: number): number | bigint {
    return this.lengthOf(index) >= 8
      ? readUnsigned(this.view, this.offsetOf(index))
      : this.u32(index);
  }

  /** A text parameter; `<NA>` when it is missing or was recorded as `(NULL)`. */
  text(index: number): string {
    const length = this.lengthOf(index);
    if (length === 0) return "<NA>";
    const offset = this.offsetOf(index);
    const text = decodeTerminated(this.bytes, offset, offset + length);
    return length === NULL_TEXT.length + 1 && text === NULL_TEXT ? "<NA>" : text;
  }

  /** A parameter of several texts that NUL bytes separate. */
  texts(index: number): string[] {
    const offset = this.offsetOf(index);
    return decodeTexts(this.bytes, offset, offset + this.lengthOf(index));
  }

  /** The bytes of a parameter: a window that is valid until the next event. */
  data(index: number): Uint8Array {
    const offset = this.offsetOf(index);
    return this.bytes.subarray(offset, offset + this.lengthOf(index));
  }
}
