import { errorAt, failure, success, type Result } from "../diagnostic.ts";
import { createCursor } from "./cursor.ts";
import { SECTION_TYPES, type ElfFile, type ElfRelocation, type ElfSection } from "./types.ts";

/** Reads one section of relocations, of type `rel` or `rela`. `section.info` is the section that they patch. */
export function readRelocations(
  file: ElfFile,
  section: ElfSection,
): Result<readonly ElfRelocation[]> {
  const is64 = file.wordBits === 64;
  const hasAddend = section.type === SECTION_TYPES.rela;
  const size = (is64 ? 16 : 8) + (hasAddend ? (is64 ? 8 : 4) : 0);
  if (section.data.length % size !== 0) {
    return failure(
      errorAt(
        "elf-relocations",
        { offset: section.offset, length: section.size, section: section.name },
        `Cannot read the relocations: ${section.data.length} bytes are not a multiple of ${size}`,
        "Build or copy the file again: it is damaged",
      ),
    );
  }
  const cursor = createCursor(section.data, file.littleEndian, is64);
  const relocations: ElfRelocation[] = [];
  for (let at = 0; at < section.data.length; at += size) {
    // The info word is symbol << 32 | type in files of 64 bits and symbol << 8 | type in those of 32.
    const info = cursor.u32(at + 4);
    const high = cursor.u32(at + (file.littleEndian ? 12 : 8) * (is64 ? 1 : 0));
    const low = cursor.u32(at + (file.littleEndian ? 8 : 12) * (is64 ? 1 : 0));
    relocations.push({
      offset: cursor.word(at),
      symbol: is64 ? high : info >>> 8,
      type: is64 ? low : info & 0xff,
      addend: hasAddend ? readAddend(cursor.view, at, is64, file.littleEndian) : 0n,
    });
  }
  return success(relocations);
}

function readAddend(view: DataView, at: number, is64: boolean, littleEndian: boolean): bigint {
  return is64
    ? view.getBigInt64(at + 16, littleEndian)
    : BigInt(view.getInt32(at + 8, littleEndian));
}
