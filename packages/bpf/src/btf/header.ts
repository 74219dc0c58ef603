import { errorAt, failure, success, type Result } from "../diagnostic.ts";
import { BTF_HEADER_SIZE, BTF_MAGIC } from "./format.ts";

/** Where the sections of encoded BTF lie: offsets from the start of the file, lengths in bytes. */
export interface BtfHeader {
  readonly littleEndian: boolean;
  readonly typesOffset: number;
  readonly typesLength: number;
  readonly stringsOffset: number;
  readonly stringsLength: number;
  /** The sizes of kinds that the writer knew (Linux 7.1); length 0 when there are none. */
  readonly layoutOffset: number;
  readonly layoutLength: number;
}

//  0  u16  magic 0xeb9f        8  u32  type_off      24  u32  layout_off   (hdr_len ≥ 32)
//  2  u8   version 1          12  u32  type_len      28  u32  layout_len
//  3  u8   flags              16  u32  str_off
//  4  u32  hdr_len            20  u32  str_len       offsets count from the header's end

/** Reads the header and checks that every section lies inside `bytes`. */
export function readBtfHeader(bytes: Uint8Array): Result<BtfHeader> {
  const refuse = (code: string, message: string, hint: string): Result<BtfHeader> =>
    failure(errorAt(code, { offset: 0, length: Math.min(bytes.length, 24) }, message, hint));
  const again = "Give the whole .BTF section or the whole file of /sys/kernel/btf";
  if (bytes.length < BTF_HEADER_SIZE) {
    const found = `${bytes.length} bytes are less than its header of ${BTF_HEADER_SIZE}`;
    return refuse("btf-truncated", `Cannot read BTF: ${found}`, again);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = view.getUint16(0, true) === BTF_MAGIC;
  if (!littleEndian && view.getUint16(0, false) !== BTF_MAGIC) {
    const found = `0x${view.getUint16(0, false).toString(16).padStart(4, "0")}`;
    return refuse("btf-magic", `Cannot read BTF: it starts with ${found}, not 0x9feb`, again);
  }
  const version = view.getUint8(2);
  if (version !== 1) {
    return refuse("btf-version", `Cannot read BTF: its version is ${version}, not 1`, "");
  }
  const u32 = (offset: number): number => view.getUint32(offset, littleEndian);
  const headerLength = u32(4);
  if (headerLength < BTF_HEADER_SIZE || headerLength > bytes.length) {
    const found = `its header claims ${headerLength} bytes of ${bytes.length}`;
    return refuse("btf-header", `Cannot read BTF: ${found}`, again);
  }
  const hasLayout = headerLength >= 32;
  const header: BtfHeader = {
    littleEndian,
    typesOffset: headerLength + u32(8),
    typesLength: u32(12),
    stringsOffset: headerLength + u32(16),
    stringsLength: u32(20),
    layoutOffset: hasLayout ? headerLength + u32(24) : 0,
    layoutLength: hasLayout ? u32(28) : 0,
  };
  const sections = [
    ["types", header.typesOffset, header.typesLength],
    ["strings", header.stringsOffset, header.stringsLength],
    ["layouts", header.layoutOffset, header.layoutLength],
  ] as const;
  for (const [name, offset, length] of sections) {
    if (offset + length > bytes.length) {
      const found = `its ${name} end at byte ${offset + length} of ${bytes.length}`;
      return refuse("btf-truncated", `Cannot read BTF: ${found}`, again);
    }
  }
  return success(header);
}
