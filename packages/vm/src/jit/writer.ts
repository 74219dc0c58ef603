/** Bytes that grow: what every part of a module is written into. */
export interface Writer {
  readonly byte: (value: number) => void;
  /** An unsigned number of up to 32 bits, LEB128. */
  readonly u32: (value: number) => void;
  /** A signed number of 32 bits, LEB128. */
  readonly s32: (value: number) => void;
  /** A signed number of 64 bits, in halves, LEB128. */
  readonly s64: (low: number, high: number) => void;
  readonly bytes: (values: Uint8Array) => void;
  /** A name of ASCII characters: its length, then the characters. */
  readonly name: (text: string) => void;
  readonly length: () => number;
  /** What was written, as a view that later writing may change. */
  readonly view: () => Uint8Array;
}

/** Makes an empty writer. */
export function createWriter(capacity = 256): Writer {
  let buffer = new Uint8Array(capacity);
  let length = 0;
  const reserve = (more: number): void => {
    if (length + more <= buffer.length) return;
    const larger = new Uint8Array(Math.max(buffer.length * 2, length + more));
    larger.set(buffer);
    buffer = larger;
  };
  const u32 = (value: number): void => {
    reserve(5);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      buffer[length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[length++] = rest;
  };
  const s64 = (low: number, high: number): void => {
    reserve(10);
    let rest = low;
    let upper = high;
    for (;;) {
      const seven = rest & 0x7f;
      rest = (rest >>> 7) | (upper << 25);
      upper >>= 7;
      const sign = (seven & 0x40) === 0 ? 0 : -1;
      if (rest === sign && upper === sign) {
        buffer[length++] = seven;
        return;
      }
      buffer[length++] = seven | 0x80;
    }
  };
  const bytes = (values: Uint8Array): void => {
    reserve(values.length);
    buffer.set(values, length);
    length += values.length;
  };
  return {
    byte: (value) => {
      reserve(1);
      buffer[length++] = value;
    },
    u32,
    s32: (value) => {
      s64(value | 0, value >> 31);
    },
    s64,
    bytes,
    name: (text) => {
      u32(text.length);
      bytes(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    },
    length: () => length,
    view: () => buffer.subarray(0, length),
  };
}
