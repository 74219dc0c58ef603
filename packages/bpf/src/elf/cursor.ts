/** Reads numbers of an ELF file in its byte order and word size. Offsets count bytes; the caller checks ranges. */
export interface ElfCursor {
  readonly view: DataView;
  readonly littleEndian: boolean;
  readonly is64: boolean;
  readonly u16: (offset: number) => number;
  readonly u32: (offset: number) => number;
  /** A number of 64 bits; rounded above 2^53. */
  readonly u64: (offset: number) => number;
  /** A number of the file's word size. */
  readonly word: (offset: number) => number;
}

/** Makes a cursor over some bytes. */
export function createCursor(bytes: Uint8Array, littleEndian: boolean, is64: boolean): ElfCursor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const high = littleEndian ? 4 : 0;
  const low = 4 - high;
  const u16 = (offset: number): number => view.getUint16(offset, littleEndian);
  const u32 = (offset: number): number => view.getUint32(offset, littleEndian);
  const u64 = (offset: number): number => u32(offset + high) * 0x1_0000_0000 + u32(offset + low);
  return { view, littleEndian, is64, u16, u32, u64, word: is64 ? u64 : u32 };
}
