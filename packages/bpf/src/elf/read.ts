import { errorAt, failure, success, type Diagnostic, type Result } from "../diagnostic.ts";
import {
  addDiagnostic,
  createDiagnosticList,
  listDiagnostics,
  type DiagnosticList,
} from "../diagnostic-list.ts";
import { createCursor, type ElfCursor } from "./cursor.ts";
import { createStringTable } from "./string-table.ts";
import { SECTION_TYPES, type ElfFile, type ElfSection, type ElfSegment } from "./types.ts";

/** How many diagnostics a reader gives before it stops: a broken file says the same thing thousands of times. */
const MAX_DIAGNOSTICS = 50;

const REBUILD = "Build or copy the file again: it is cut off or damaged";

// File header; offsets for 64-bit files, then for 32-bit ones.
//   0  4      e_ident: 7f 45 4c 46, class (1 32-bit, 2 64-bit), data (1 little, 2 big endian), version
//  16  16 u16 e_type
//  18  18 u16 e_machine
//  24  24 word e_entry
//  32  28 word e_phoff
//  40  32 word e_shoff
//  48  36 u32 e_flags
//  54  42 u16 e_phentsize, e_phnum, e_shentsize, e_shnum, e_shstrndx
interface Header {
  readonly type: number;
  readonly machine: number;
  readonly entry: number;
  readonly flags: number;
  readonly programOffset: number;
  readonly programEntry: number;
  readonly programCount: number;
  readonly sectionOffset: number;
  readonly sectionEntry: number;
  readonly sectionCount: number;
  readonly nameSection: number;
}

/**
 * Reads the frame of an ELF file: 32 or 64 bits, either byte order, object, executable or library. Nothing is copied:
 * sections are windows on `input`. Fails when a header or the contents of a section lie outside the file.
 */
export function readElf(input: Uint8Array): Result<ElfFile> {
  // Node's Buffer is a Uint8Array whose slice() does not copy; windows on the file must behave alike everywhere.
  const bytes = new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  const refusal = refuseIdentity(bytes);
  if (refusal !== undefined) return failure(refusal);
  const is64 = bytes[4] === 2;
  const littleEndian = bytes[5] === 1;
  const cursor = createCursor(bytes, littleEndian, is64);
  const header = readHeader(cursor);
  const diagnostics = createDiagnosticList(MAX_DIAGNOSTICS);
  const segments = readSegments(cursor, header, diagnostics);
  const sections = readSections(bytes, cursor, header, diagnostics);
  if (diagnostics.found > 0) return failure(listDiagnostics(diagnostics));
  const { type, machine, entry, flags } = header;
  const wordBits = is64 ? 64 : 32;
  return success({
    bytes,
    littleEndian,
    wordBits,
    type,
    machine,
    entry,
    flags,
    sections,
    segments,
  });
}

function refuseIdentity(bytes: Uint8Array): Diagnostic | undefined {
  const magic = [0x7f, 0x45, 0x4c, 0x46];
  if (!magic.every((byte, index) => bytes[index] === byte)) {
    return errorAt(
      "elf-magic",
      { offset: 0, length: Math.min(4, bytes.length) },
      "Cannot read the file as ELF: it does not begin with 7f 45 4c 46",
      "Give an object file, e.g. one that clang made with --target=bpf -c",
    );
  }
  const [fileClass, order] = [bytes[4], bytes[5]];
  if (bytes.length < (fileClass === 2 ? 64 : 52)) {
    return errorAt(
      "elf-truncated",
      { offset: 0, length: bytes.length },
      `Cannot read the file header: the file ends at byte ${bytes.length}`,
      REBUILD,
    );
  }
  if (fileClass !== 1 && fileClass !== 2) {
    return errorAt(
      "elf-class",
      { offset: 4, length: 1 },
      `Cannot read the file as ELF: its class is ${fileClass}, not 1 (32-bit) or 2 (64-bit)`,
    );
  }
  if (order !== 1 && order !== 2) {
    return errorAt(
      "elf-byte-order",
      { offset: 5, length: 1 },
      `Cannot read the file as ELF: its byte order is ${order}, not 1 (little endian) or 2 (big endian)`,
    );
  }
  return undefined;
}

function readHeader({ is64, u16, u32, word }: ElfCursor): Header {
  const tail = is64 ? 54 : 42;
  const sectionOffset = word(is64 ? 40 : 32);
  return {
    type: u16(16),
    machine: u16(18),
    entry: word(24),
    flags: u32(is64 ? 48 : 36),
    programOffset: word(is64 ? 32 : 28),
    programEntry: u16(tail),
    programCount: u16(tail + 2),
    sectionOffset,
    sectionEntry: u16(tail + 4),
    sectionCount: u16(tail + 6),
    nameSection: u16(tail + 8),
  };
}

/** Whether a table of `count` entries lies inside the file; says so if it does not. */
function tableFits(
  what: string,
  table: { offset: number; entry: number; count: number; atLeast: number },
  length: number,
  diagnostics: DiagnosticList,
): boolean {
  const { offset, entry, count, atLeast } = table;
  if (entry < atLeast) {
    addDiagnostic(
      diagnostics,
      errorAt(
        "elf-entry-size",
        { offset: 0, length: 64 },
        `Cannot read the ${what} headers: an entry has ${entry} bytes, and ${atLeast} are needed`,
        REBUILD,
      ),
    );
    return false;
  }
  const end = offset + entry * count;
  if (end <= length) return true;
  addDiagnostic(
    diagnostics,
    errorAt(
      "elf-truncated",
      { offset: Math.min(offset, length), length: 0 },
      `Cannot read the ${what} headers: they end at byte ${end} of ${length}`,
      REBUILD,
    ),
  );
  return false;
}

function readSegments(
  cursor: ElfCursor,
  header: Header,
  diagnostics: DiagnosticList,
): ElfSegment[] {
  const { is64, u32, word, view } = cursor;
  const { programOffset: offset, programEntry: entry, programCount: count } = header;
  if (offset === 0 || count === 0) return [];
  const table = { offset, entry, count, atLeast: is64 ? 56 : 32 };
  if (!tableFits("program", table, view.byteLength, diagnostics)) return [];
  return Array.from({ length: count }, (_, index) => {
    const at = offset + index * entry;
    return {
      type: u32(at),
      flags: u32(at + (is64 ? 4 : 24)),
      offset: word(at + (is64 ? 8 : 4)),
      address: word(at + (is64 ? 16 : 8)),
      fileSize: word(at + (is64 ? 32 : 16)),
      memorySize: word(at + (is64 ? 40 : 20)),
      align: word(at + (is64 ? 48 : 28)),
    };
  });
}

function readSections(
  bytes: Uint8Array,
  cursor: ElfCursor,
  header: Header,
  diagnostics: DiagnosticList,
): ElfSection[] {
  const { is64, u32, word } = cursor;
  const { sectionOffset: start, sectionEntry: entry } = header;
  if (start === 0) return [];
  const table = { offset: start, entry, count: 1, atLeast: is64 ? 64 : 40 };
  if (!tableFits("section", table, bytes.length, diagnostics)) return [];
  // More than 0xff00 sections: the null section holds the count in its size and the name table in its link.
  const count = header.sectionCount === 0 ? word(start + (is64 ? 32 : 20)) : header.sectionCount;
  const nameIndex =
    header.nameSection === 0xffff ? u32(start + (is64 ? 40 : 24)) : header.nameSection;
  if (!tableFits("section", { ...table, count }, bytes.length, diagnostics)) return [];

  const raw = (index: number): Omit<ElfSection, "name"> & { nameOffset: number } => {
    const at = start + index * entry;
    const type = u32(at + 4);
    const offset = word(at + (is64 ? 24 : 16));
    const size = word(at + (is64 ? 32 : 20));
    const length = type === SECTION_TYPES.nobits || type === SECTION_TYPES.null ? 0 : size;
    return {
      index,
      nameOffset: u32(at),
      type,
      // The low half of 64 bits; the upper half is reserved for processors.
      flags: u32(at + (is64 && !cursor.littleEndian ? 12 : 8)),
      address: word(at + (is64 ? 16 : 12)),
      offset,
      size,
      link: u32(at + (is64 ? 40 : 24)),
      info: u32(at + (is64 ? 44 : 28)),
      align: word(at + (is64 ? 48 : 32)),
      entrySize: word(at + (is64 ? 56 : 36)),
      data: bytes.subarray(Math.min(offset, bytes.length), Math.min(offset + length, bytes.length)),
    };
  };

  const names = createStringTable(nameIndex < count ? raw(nameIndex).data : new Uint8Array());
  const sections: ElfSection[] = [];
  for (let index = 0; index < count && diagnostics.found < MAX_DIAGNOSTICS; index += 1) {
    const { nameOffset, ...section } = raw(index);
    const span = { offset: start + index * entry, length: entry };
    const name = names(nameOffset);
    const hasContents =
      section.type !== SECTION_TYPES.nobits && section.type !== SECTION_TYPES.null;
    if (name === undefined) {
      addDiagnostic(
        diagnostics,
        errorAt(
          "elf-section-name",
          span,
          `Cannot read section ${index}: no name lies at byte ${nameOffset} of the name table`,
          REBUILD,
        ),
      );
    } else if (hasContents && section.offset + section.size > bytes.length) {
      addDiagnostic(
        diagnostics,
        errorAt(
          "elf-truncated",
          { ...span, section: name },
          `Cannot read section ${index}: it ends at byte ${section.offset + section.size} of ${bytes.length}`,
          REBUILD,
        ),
      );
    } else {
      sections.push({ ...section, name });
    }
  }
  return sections;
}
