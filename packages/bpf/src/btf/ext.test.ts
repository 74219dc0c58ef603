import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import type { Instruction } from "../asm/instruction.ts";
import { CORE_KINDS } from "../core/relocation.ts";
import { formatDiagnostic, type Result } from "../diagnostic.ts";
import { createBtfBuilder } from "./build.ts";
import { readBtfExt, type BtfExt } from "./ext.ts";
import { readBtf } from "./read.ts";
import { encodeFunctionInfo, encodeLineInfo, writeBtfExt } from "./write-ext.ts";

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

const text = fc.string({ minLength: 1, maxLength: 6, unit: "grapheme-ascii" });

function sections<T>(record: fc.Arbitrary<T>): fc.Arbitrary<Map<string, Map<number, T>>> {
  const records = fc
    .array(fc.tuple(fc.nat(1000), record), { minLength: 1, maxLength: 5 })
    .map((list) => new Map(list.toSorted(([a], [b]) => a - b)));
  return fc.array(fc.tuple(text, records), { maxLength: 3 }).map((list) => new Map(list));
}

const ext: fc.Arbitrary<BtfExt> = fc
  .record({
    functions: sections(fc.nat(0xffffffff)),
    lines: sections(fc.record({ file: text, text, line: fc.nat(0x3fffff), column: fc.nat(0x3ff) })),
    relocations: sections(
      fc.record({ kind: fc.constantFrom(...CORE_KINDS), typeId: fc.nat(99), accessor: text }),
    ),
  })
  .map((made) => structuredClone(made));

test("readBtfExt() gives back what writeBtfExt() wrote, in both byte orders", () => {
  fc.assert(
    fc.property(ext, fc.boolean(), (made, littleEndian) => {
      const builder = createBtfBuilder({ littleEndian });
      const bytes = writeBtfExt(made, builder);
      const read = readBtfExt(bytes, value(readBtf(builder.write())));
      assert.deepEqual(read, { ok: true, value: made, diagnostics: [] });
    }),
  );
});

/** A `.BTF.ext` from words; strings are 1 ".text", 7 "a.c", 11 "0:1". */
function encode(words: readonly number[], headerLength = 32): Uint8Array {
  const bytes = new Uint8Array(words.length * 4 + 8);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0xeb9f, true);
  view.setUint8(2, 1);
  view.setUint32(4, headerLength, true);
  words.forEach((word, i) => view.setUint32(8 + i * 4, word, true));
  return bytes;
}

const builder = createBtfBuilder();
for (const string of [".text", "a.c", "0:1"]) builder.addString(string);
const btf = value(readBtf(builder.write()));

test("readBtfExt() reads records that are larger than it knows, and headers without relocations", () => {
  const larger = encode([0, 24, 24, 0, 12, 1, 1, 16, 5, 0xdead], 24);
  assert.deepEqual(value(readBtfExt(larger, btf)), {
    functions: new Map([[".text", new Map([[16, 5]])]]),
    lines: new Map(),
    relocations: new Map(),
  });
});

test("readBtfExt() leaves out relocations of unknown kinds, with a warning", () => {
  const words = [0, 0, 0, 0, 0, 44, 16, 1, 2, 8, 3, 11, 99, 24, 3, 11, 2];
  const read = readBtfExt(encode(words), btf);
  const relocations = new Map([
    [".text", new Map([[24, { kind: "field_exists", typeId: 3, accessor: "0:1" }]])],
  ]);
  assert.deepEqual(read.ok && read.value.relocations, relocations);
  assert.deepEqual(read.diagnostics.map(formatDiagnostic), [
    'warning[btf-ext-record] at byte 44 of section ".BTF.ext": Cannot use relocation record 0 of section ".text": its kind is 99. Use a newer release of Ocelli',
  ]);
});

test("readBtfExt() refuses what does not fit, with place and reason", () => {
  const damaged = [
    new Uint8Array(8),
    new Uint8Array(40),
    encode([0, 99, 0, 0, 0, 0]),
    encode([0, 8, 0, 0, 0, 0, 4, 0]),
    encode([0, 8, 0, 0, 0, 0, 8, 0]),
    encode([0, 12, 0, 0, 0, 0, 8, 1, 0x20000000]),
  ];
  const place = (at: number): string => `at byte ${at} of section ".BTF.ext"`;
  const records = "Cannot read the function records of .BTF.ext";
  assert.deepEqual(
    damaged.flatMap((bytes) => readBtfExt(bytes, btf).diagnostics.map(formatDiagnostic)),
    [
      `error[btf-ext-header] ${place(0)}: Cannot read .BTF.ext: its 8 bytes hold no header. Build the object again`,
      `error[btf-ext-header] ${place(0)}: Cannot read .BTF.ext: its 40 bytes hold no header. Build the object again`,
      `error[btf-ext-truncated] ${place(32)}: ${records}: they end at byte 131 of 32. Build the object again`,
      `error[btf-ext-truncated] ${place(32)}: ${records}: their size is 4. Build the object again`,
      `error[btf-ext-truncated] ${place(36)}: ${records}: a section needs 8 bytes of 4. Build the object again`,
      `error[btf-ext-truncated] ${place(36)}: ${records}: section ".text" needs 4294967296 bytes of 0. Build the object again`,
    ],
  );
});

test("readBtfExt() never throws on damaged bytes", () => {
  const whole = [
    ...encode([
      0, 20, 20, 28, 48, 24, 8, 1, 1, 0, 5, 16, 1, 1, 0, 7, 7, 1025, 16, 1, 1, 0, 1, 11, 0,
    ]),
  ];
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 }),
      (edits) => {
        const bytes = Uint8Array.from(whole);
        for (const [at, byte] of edits) bytes[at] = byte;
        readBtfExt(bytes, btf);
      },
    ),
    { numRuns: 2000 },
  );
});

const move: Instruction = { opcode: 0xb7, dst: 0, src: 0, offset: 0, imm: 0 };
const wide: Instruction = { opcode: 0x18, dst: 1, src: 0, offset: 0, imm: 0, imm2: 0 };
const source = { file: "a.c", line: 3, column: 5, text: "return 0;" };
const program: Instruction[] = [
  { ...wide, functionTypeId: 2, source },
  { ...move, source: { ...source, line: 4, column: 2000 } },
  { ...move },
  { ...move, functionTypeId: 7 },
];

test("encodeFunctionInfo() counts instruction slots", () => {
  const { bytes, ...rest } = encodeFunctionInfo(program);
  assert.deepEqual(rest, { recordSize: 8, count: 2 });
  assert.deepEqual([...new Uint32Array(bytes.buffer)], [0, 2, 4, 7]);
});

test("encodeLineInfo() counts instruction slots and puts the strings into the builder", () => {
  const target = createBtfBuilder();
  const { bytes, ...rest } = encodeLineInfo(program, target);
  assert.deepEqual(rest, { recordSize: 16, count: 2 });
  const file = target.addString("a.c");
  const line = target.addString("return 0;");
  assert.deepEqual(
    [...new Uint32Array(bytes.buffer)],
    [0, file, line, (3 << 10) | 5, 2, file, line, (4 << 10) | 1023],
  );
});
