/**
 * How a value lies in memory. Reading and writing happen in place, at any offset of a view; bytes between fields
 * (padding) are written as zero, because the kernel compares keys byte by byte. Numbers are little-endian, as on every
 * machine this library runs on, unless the codec says otherwise.
 */
export interface Codec<T> {
  /** In bytes. */
  readonly size: number;
  /** In bytes, a power of two. */
  readonly alignment: number;
  read(view: DataView, offset: number): T;
  /** Throws RangeError for a value that does not fit. */
  write(view: DataView, offset: number, value: T): void;
}

/** The values of a codec. */
export type CodecValue<C> = C extends Codec<infer T> ? T : never;

/** The bytes of one value. */
export function encodeValue<T>(codec: Codec<T>, value: T): Uint8Array {
  const bytes = new Uint8Array(codec.size);
  codec.write(new DataView(bytes.buffer), 0, value);
  return bytes;
}

/** Reads one value from its bytes. Throws RangeError when there are too few. */
export function decodeValue<T>(codec: Codec<T>, bytes: Uint8Array): T {
  return codec.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
}
