/** The part of DataView that reads. The memory belongs to the kernel: writing to it would end the process. */
export type RecordView = Omit<DataView, `set${string}`>;

/** A typed array that is only read. */
export interface ReadonlyNumbers {
  readonly [index: number]: number;
  readonly length: number;
}

/**
 * The memory that records lie in, seen three ways; offsets of records hold for all of them. Records begin at multiples of
 * 8 in a ring buffer and of 4 in a perf buffer, so `words[offset >>> 2]` is a record's first word. What is there is valid until the record's lease ends; after the
 * reader is closed DataView throws, and the arrays are empty.
 */
export interface RecordMemory {
  readonly bytes: ReadonlyNumbers;
  readonly words: ReadonlyNumbers;
  readonly view: RecordView;
  /** A copy of a part, which stays. */
  copy(offset: number, length: number): Uint8Array;
}

/** Records are copied into blocks of this size: a typed array of its own costs five times as much above 64 bytes. */
const BLOCK_BYTES = 64 * 1024;

/** Wraps mapped memory. Only the owner of the mapping may hold `bytes` itself. */
export function recordMemory(bytes: Uint8Array): RecordMemory {
  let block = new Uint8Array(0);
  let used = 0;
  return {
    bytes,
    words: new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2),
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    copy(offset, length) {
      const source = bytes.subarray(offset, offset + length);
      if (length > BLOCK_BYTES / 4) return source.slice();
      if (used + length > block.length) {
        block = new Uint8Array(BLOCK_BYTES);
        used = 0;
      }
      const target = block.subarray(used, used + length);
      target.set(source);
      // The next copy begins at a multiple of 8 as well.
      used += (length + 7) & ~7;
      return target;
    },
  };
}
