import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { fixture } from "@ocelli/testkit";

import { formatDiagnostic, type Result } from "../diagnostic.ts";
import { readNotes } from "./read-notes.ts";
import { readRelocations } from "./read-relocations.ts";
import { readSymbols } from "./read-symbols.ts";
import { readElf } from "./read.ts";
import { SYMBOL_TYPES } from "./types.ts";

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

function complaints(result: Result<unknown>): string[] {
  return result.diagnostics.map(formatDiagnostic);
}

for (const bigEndian of [false, true]) {
  const order = bigEndian ? "big" : "little";

  test(`readElf() reads sections, symbols and relocations of a ${order}-endian object`, () => {
    const file = valueOf(readElf(fixture("object-basic", { bigEndian })));
    assert.deepEqual(
      [file.littleEndian, file.wordBits, file.type, file.machine, file.segments],
      [!bigEndian, 64, 1, 247, []],
    );
    const sections = file.sections
      .filter(({ name }) => !/debug|addrsig|strtab|BTF/.test(name))
      .map(({ name, type, flags, align, size }) => ({ name, type, flags, align, size }));
    assert.deepEqual(sections, [
      { name: "", type: 0, flags: 0, align: 0, size: 0 },
      { name: ".text", type: 1, flags: 6, align: 8, size: 264 },
      { name: ".rel.text", type: 9, flags: 0x40, align: 8, size: 80 },
      { name: "xdp", type: 1, flags: 6, align: 8, size: 96 },
      { name: ".relxdp", type: 9, flags: 0x40, align: 8, size: 32 },
      { name: ".rodata", type: 1, flags: 2, align: 4, size: 4 },
      { name: ".data", type: 1, flags: 3, align: 4, size: 4 },
      { name: ".bss", type: 8, flags: 3, align: 8, size: 8 },
      { name: "license", type: 1, flags: 3, align: 1, size: 4 },
      { name: ".maps", type: 1, flags: 3, align: 8, size: 40 },
      { name: ".symtab", type: 2, flags: 0, align: 8, size: 480 },
    ]);
    const symbols = valueOf(readSymbols(file));
    const named = symbols
      .filter(({ type }) => type === SYMBOL_TYPES.object || type === SYMBOL_TYPES.function)
      .map(({ name, section, value, size, bind }) => ({
        name,
        section: file.sections[section]?.name,
        value,
        size,
        bind,
      }));
    assert.deepEqual(named, [
      { name: "bump", section: ".text", value: 0, size: 264, bind: 0 },
      { name: "count", section: "xdp", value: 0, size: 96, bind: 1 },
      { name: "total", section: ".bss", value: 0, size: 8, bind: 1 },
      { name: "step", section: ".rodata", value: 0, size: 4, bind: 1 },
      { name: "counts", section: ".maps", value: 0, size: 40, bind: 1 },
      { name: "limit", section: ".data", value: 0, size: 4, bind: 1 },
      { name: "_license", section: "license", value: 0, size: 4, bind: 1 },
    ]);
    const section = file.sections.find(({ name }) => name === ".relxdp");
    assert.ok(section !== undefined);
    const relocations = valueOf(readRelocations(file, section)).map(
      ({ offset, type, addend, symbol }) => ({
        offset,
        type,
        addend,
        symbol: symbols[symbol]?.name || file.sections[symbols[symbol]?.section ?? 0]?.name,
      }),
    );
    assert.deepEqual(relocations, [
      { offset: 0, symbol: "total", type: 1, addend: 0n },
      { offset: 48, symbol: ".text", type: 10, addend: 0n },
    ]);
  });
}

test("readElf() reads an executable: segments, dynamic symbols, notes", () => {
  const file = valueOf(readElf(readFileSync(process.execPath)));
  const loaded = file.segments.filter(({ type }) => type === 1);
  const main = valueOf(readSymbols(file)).find(({ name }) => name === "main");
  assert.ok(main !== undefined);
  assert.equal(main.type, SYMBOL_TYPES.function);
  assert.ok(
    loaded.some(
      ({ address, fileSize, flags }) =>
        (flags & 1) !== 0 && main.value >= address && main.value < address + fileSize,
    ),
  );
  assert.ok(valueOf(readSymbols(file, "dynsym")).some(({ name }) => name === "napi_create_array"));
  const notes = valueOf(readNotes(file)).filter(({ name }) => name === "stapsdt");
  for (const note of notes) assert.equal(note.type, 3);
});

test("readElf() refuses what is not ELF", () => {
  assert.deepEqual(complaints(readElf(new TextEncoder().encode("#!/bin/sh\n"))), [
    "error[elf-magic] at byte 0: Cannot read the file as ELF: it does not begin with 7f 45 4c 46. Give an object file, e.g. one that clang made with --target=bpf -c",
  ]);
});

test("readElf() refuses an unknown class, an unknown byte order and a file that is cut off", () => {
  const bytes = fixture("object-basic");
  const changed = (index: number, value: number): Uint8Array => bytes.with(index, value);
  assert.deepEqual(
    [
      ...complaints(readElf(changed(4, 3))),
      ...complaints(readElf(changed(5, 0))),
      ...complaints(readElf(bytes.subarray(0, 60))),
      ...complaints(readElf(bytes.subarray(0, bytes.length - 1))),
      ...complaints(readElf(changed(58, 8))),
    ],
    [
      "error[elf-class] at byte 4: Cannot read the file as ELF: its class is 3, not 1 (32-bit) or 2 (64-bit)",
      "error[elf-byte-order] at byte 5: Cannot read the file as ELF: its byte order is 0, not 1 (little endian) or 2 (big endian)",
      "error[elf-truncated] at byte 0: Cannot read the file header: the file ends at byte 60. Build or copy the file again: it is cut off or damaged",
      `error[elf-truncated] at byte ${bytes.length - 32 * 64}: Cannot read the section headers: they end at byte ${bytes.length} of ${bytes.length - 1}. Build or copy the file again: it is cut off or damaged`,
      "error[elf-entry-size] at byte 0: Cannot read the section headers: an entry has 8 bytes, and 64 are needed. Build or copy the file again: it is cut off or damaged",
    ],
  );
});

test("readElf() says where a section lies that ends outside the file", () => {
  const bytes = Uint8Array.from(fixture("object-basic"));
  const headers = bytes.length - 32 * 64;
  new DataView(bytes.buffer).setBigUint64(headers + 4 * 64 + 32, 0x7fff_ffff_ffffn, true);
  const result = readElf(bytes);
  assert.deepEqual(
    result.diagnostics.map(({ code, span }) => ({ code, span })),
    [{ code: "elf-truncated", span: { offset: headers + 4 * 64, length: 64, section: "xdp" } }],
  );
});
