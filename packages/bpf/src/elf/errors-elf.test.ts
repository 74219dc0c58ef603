import assert from "node:assert/strict";
import { test } from "node:test";

import { formatDiagnostic, type Result } from "../diagnostic.ts";
import { readNotes } from "./read-notes.ts";
import { readRelocations } from "./read-relocations.ts";
import { readSymbols } from "./read-symbols.ts";
import { readElf } from "./read.ts";
import type { ElfFile } from "./types.ts";
import { writeElf } from "./write.ts";

/** An object with one section and one symbol in it, after `damage` changed its bytes. */
function damaged(
  section: { name: string; type?: number; data: Uint8Array },
  damage: (view: DataView, headers: number) => void = () => {},
): Result<ElfFile> {
  const object = writeElf({
    littleEndian: true,
    sections: [section],
    symbols: [],
  });
  const view = new DataView(object.buffer, object.byteOffset, object.byteLength);
  damage(view, Number(view.getBigUint64(40, true)));
  return readElf(object);
}

function readable(result: Result<ElfFile>): ElfFile {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

// Section headers have 64 bytes: u32 name, u32 type, u64 flags, address, offset, size, u32 link, info, u64 align, entry.
const HEADER = 64;
const SIZE = 32;

function symbolTable(view: DataView, headers: number): number {
  for (let at = headers; at < view.byteLength; at += HEADER)
    if (view.getUint32(at + 4, true) === 2) return at;
  throw new Error("the object has no symbol table");
}

const FAILURES: readonly [what: string, read: () => Result<unknown>, says: string][] = [
  [
    "a section without a name",
    () =>
      damaged({ name: ".data", data: new Uint8Array(8) }, (view, headers) => {
        view.setUint32(headers + HEADER, 9999, true);
      }),
    "error[elf-section-name] at byte 184: Cannot read section 1: no name lies at byte 9999 of the name table. Build or copy the file again: it is cut off or damaged",
  ],
  [
    "a symbol without a name",
    () =>
      readSymbols(
        readable(
          damaged({ name: ".data", data: new Uint8Array(8) }, (view, headers) => {
            const table = symbolTable(view, headers);
            view.setUint32(Number(view.getBigUint64(table + 24, true)), 9999, true);
          }),
        ),
      ),
    'error[elf-symbol-name] at byte 72 of section ".symtab": Cannot read symbol 0: no name lies at byte 9999 of the string table. Build or copy the file again: it is damaged',
  ],
  [
    "a symbol table that is cut off",
    () =>
      readSymbols(
        readable(
          damaged({ name: ".data", data: new Uint8Array(8) }, (view, headers) => {
            view.setBigUint64(symbolTable(view, headers) + SIZE, 23n, true);
          }),
        ),
      ),
    'error[elf-symbols] at byte 72 of section ".symtab": Cannot read the symbols: 23 bytes are not a multiple of 24. Build or copy the file again: it is damaged',
  ],
  [
    "relocations that are cut off",
    () => {
      const file = readable(damaged({ name: ".rel.data", type: 9, data: new Uint8Array(17) }));
      const section = file.sections.find(({ name }) => name === ".rel.data");
      assert.ok(section !== undefined);
      return readRelocations(file, section);
    },
    'error[elf-relocations] at byte 64 of section ".rel.data": Cannot read the relocations: 17 bytes are not a multiple of 16. Build or copy the file again: it is damaged',
  ],
  [
    "a note that is cut off",
    () => {
      const data = new Uint8Array(new Uint32Array([4, 20, 3, 0]).buffer);
      return readNotes(readable(damaged({ name: ".note.x", type: 7, data })));
    },
    'error[elf-note] at byte 64 of section ".note.x": Cannot read a note: it ends at byte 36 of 16. Build or copy the file again: it is damaged',
  ],
];

for (const [what, read, says] of FAILURES)
  test(`a diagnostic says what is wrong with ${what}`, () => {
    assert.deepEqual(read().diagnostics.map(formatDiagnostic), [says]);
  });
