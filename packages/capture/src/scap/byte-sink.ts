import { encodeText } from "../text/encode-text.ts";

const FIRST_BYTES = 4096;

/** Bytes that grow at their end: what `Cursor` reads, written. */
export class ByteSink {
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** How many bytes there are. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.#grow(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  u32(value: number): this {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  /** Signed or not: the lower 64 bits. Numbers lose what follows the point. */
  u64(value: number | bigint): this {
    const whole = typeof value === "bigint" ? value : BigInt(Math.trunc(value));
    const at = this.#grow(8);
    this.#view.setBigInt64(at, BigInt.asIntN(64, whole), true);
    return this;
  }

  bytes(value: Uint8Array): this {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** A text with its length in 16 bits before it; what is too long is cut. */
  text(value: string): this {
    const bytes = encodeText(value).subarray(0, 0xffff);
    return this.u16(bytes.length).bytes(bytes);
  }

  /** Texts that each end with a NUL, with the length of all in 16 bits before them. */
  texts(values: readonly string[]): this {
    return this.text(values.map((value) => `${value}\0`).join(""));
  }

  /** Writes over what stands at `offset`. */
  patchU32(offset: number, value: number): this {
    this.#view.setUint32(offset, value, true);
    return this;
  }

  /** The bytes so far, which are no longer in the sink then. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #grow(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#bytes.length) {
      const old = this.#bytes;
      this.#bytes = new Uint8Array(Math.max(2 * old.length, this.#length));
      this.#bytes.set(old);
      this.#view = new DataView(this.#bytes.buffer);
    }
    return at;
  }
}
