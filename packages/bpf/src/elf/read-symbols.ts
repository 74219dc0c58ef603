import { errorAt, failure, success, type Result } from "../diagnostic.ts";
import { createCursor } from "./cursor.ts";
import { createStringTable } from "./string-table.ts";
import { SECTION_INDEXES, SECTION_TYPES, type ElfFile, type ElfSymbol } from "./types.ts";

/**
 * Reads all symbols of the file's symbol table, or of the table that the dynamic linker uses. A file without that table
 * has none. Index 0 is the null symbol, so that the numbers of relocations index the array.
 */
export function readSymbols(
  file: ElfFile,
  table: "symtab" | "dynsym" = "symtab",
): Result<readonly ElfSymbol[]> {
  const section = file.sections.find(({ type }) => type === SECTION_TYPES[table]);
  if (section === undefined) return success([]);
  const is64 = file.wordBits === 64;
  // 64 bits: u32 name, u8 info, u8 other, u16 section, u64 value, u64 size
  // 32 bits: u32 name, u32 value, u32 size, u8 info, u8 other, u16 section
  const entrySize = is64 ? 24 : 16;
  const at = is64
    ? { info: 4, other: 5, section: 6, value: 8, size: 16 }
    : { info: 12, other: 13, section: 14, value: 4, size: 8 };
  const span = { offset: section.offset, length: section.size, section: section.name };
  if (section.data.length % entrySize !== 0) {
    return failure(
      errorAt(
        "elf-symbols",
        span,
        `Cannot read the symbols: ${section.data.length} bytes are not a multiple of ${entrySize}`,
        "Build or copy the file again: it is damaged",
      ),
    );
  }
  const { u16, u32, word } = createCursor(section.data, file.littleEndian, is64);
  const names = createStringTable(file.sections[section.link]?.data ?? new Uint8Array());
  const extended = file.sections.find(
    ({ type, link }) => type === SECTION_TYPES.symtabShndx && link === section.index,
  );
  const indexes =
    extended === undefined ? undefined : createCursor(extended.data, file.littleEndian, is64);
  const symbols: ElfSymbol[] = [];
  for (let index = 0; index * entrySize < section.data.length; index += 1) {
    const start = index * entrySize;
    const name = names(u32(start));
    if (name === undefined) {
      return failure(
        errorAt(
          "elf-symbol-name",
          { ...span, offset: section.offset + start, length: entrySize },
          `Cannot read symbol ${index}: no name lies at byte ${u32(start)} of the string table`,
          "Build or copy the file again: it is damaged",
        ),
      );
    }
    const info = section.data[start + at.info] ?? 0;
    const short = u16(start + at.section);
    const wide =
      short === SECTION_INDEXES.extended &&
      indexes !== undefined &&
      index * 4 + 4 <= indexes.view.byteLength
        ? indexes.u32(index * 4)
        : short;
    symbols.push({
      index,
      name,
      value: word(start + at.value),
      size: word(start + at.size),
      bind: info >> 4,
      type: info & 15,
      visibility: (section.data[start + at.other] ?? 0) & 3,
      section: wide,
    });
  }
  return success(symbols);
}
