import { errorAt, failure, success, type Result } from "../diagnostic.ts";
import { createCursor } from "./cursor.ts";
import { decodeText } from "./text.ts";
import { SECTION_TYPES, type ElfFile, type ElfNote, type ElfSection } from "./types.ts";

/**
 * Reads the notes of one section, or of every note section of the file: build ids (`.note.gnu.build-id`), USDT probes
 * (`.note.stapsdt`). Descriptions are windows on the file.
 */
export function readNotes(file: ElfFile, section?: ElfSection): Result<readonly ElfNote[]> {
  const notes: ElfNote[] = [];
  const sections =
    section === undefined
      ? file.sections.filter(({ type }) => type === SECTION_TYPES.note)
      : [section];
  for (const { data, offset, name: sectionName, align } of sections) {
    const { u32 } = createCursor(data, file.littleEndian, file.wordBits === 64);
    // u32 name length, u32 description length, u32 type, then both, each padded to 4 bytes (8 in a section aligned to
    // 8, as .note.gnu.property is).
    const unit = align === 8 ? 8 : 4;
    const padded = (size: number): number => Math.ceil(size / unit) * unit;
    let at = 0;
    while (at + 12 <= data.length) {
      const nameSize = u32(at);
      const descriptionSize = u32(at + 4);
      const start = padded(at + 12 + nameSize);
      const end = start + descriptionSize;
      if (at + 12 + nameSize > data.length || end > data.length) {
        return failure(
          errorAt(
            "elf-note",
            { offset: offset + at, length: data.length - at, section: sectionName },
            `Cannot read a note: it ends at byte ${end} of ${data.length}`,
            "Build or copy the file again: it is damaged",
          ),
        );
      }
      const text = decodeText(data.subarray(at + 12, at + 12 + Math.max(0, nameSize - 1)));
      notes.push({ name: text, type: u32(at + 8), description: data.subarray(start, end) });
      at = padded(end);
    }
  }
  return success(notes);
}
