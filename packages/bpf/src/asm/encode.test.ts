import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { formatDiagnostic } from "../diagnostic.ts";
import { decodeInstructions } from "./decode.ts";
import { encodeInstructions, type EncodeOptions } from "./encode.ts";
import type { Instruction } from "./instruction.ts";

const int32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const anyInstruction: fc.Arbitrary<Instruction> = fc
  .record(
    {
      opcode: fc.integer({ min: 0, max: 255 }),
      dst: fc.integer({ min: 0, max: 15 }),
      src: fc.integer({ min: 0, max: 15 }),
      offset: fc.integer({ min: -0x8000, max: 0x7fff }),
      imm: int32,
      imm2: int32,
    },
    { noNullPrototype: true },
  )
  .map((fields) => {
    const { imm2: _, ...narrow } = fields;
    return fields.opcode === 0x18 ? fields : narrow;
  });

function problems(instructions: Instruction[], options?: EncodeOptions): string[] {
  return encodeInstructions(instructions, options).diagnostics.map(formatDiagnostic);
}

function bytesOf(instructions: Instruction[], options?: EncodeOptions): string {
  const result = encodeInstructions(instructions, options);
  assert.ok(result.ok, result.diagnostics.map(formatDiagnostic).join("\n"));
  const hex = Buffer.from(result.value).toString("hex");
  return (hex.match(/.{16}/g) ?? []).join(" ");
}

const insn = (fields: Partial<Instruction>): Instruction => ({
  opcode: 0xb7,
  dst: 0,
  src: 0,
  offset: 0,
  imm: 0,
  ...fields,
});
const exit = insn({ opcode: 0x95 });

test("encodeInstructions() and decodeInstructions() are inverse for every opcode in both byte orders", () => {
  fc.assert(
    fc.property(fc.array(anyInstruction), fc.boolean(), (instructions, littleEndian) => {
      const encoded = encodeInstructions(instructions, { littleEndian });
      assert.ok(encoded.ok);
      const decoded = decodeInstructions(encoded.value, { littleEndian });
      assert.ok(decoded.ok);
      assert.deepEqual(decoded.value, instructions);
    }),
  );
});

test("encodeInstructions() writes fields little-endian and big-endian with the registers swapped", () => {
  const store = insn({ opcode: 0x7b, dst: 10, src: 1, offset: -8, imm: 0x01020304 });
  const wide = insn({ opcode: 0x18, dst: 2, src: 1, imm: 7, imm2: -1 });
  assert.equal(bytesOf([store, wide]), "7b1af8ff04030201 1812000007000000 00000000ffffffff");
  assert.equal(
    bytesOf([store, wide], { littleEndian: false }),
    "7ba1fff801020304 1821000000000007 00000000ffffffff",
  );
});

test("encodeInstructions() counts the distance of labels in slots, forward and backward", () => {
  const program = [
    insn({ opcode: 0x15, dst: 1, reference: { kind: "label", name: "end" }, symbol: "top" }),
    insn({ opcode: 0x18, imm2: 0 }),
    insn({ opcode: 0x06, reference: { kind: "label", name: "top" } }),
    { ...exit, symbol: "end" },
  ];
  assert.equal(
    bytesOf(program),
    "1501030000000000 1800000000000000 0000000000000000 06000000fcffffff 9500000000000000",
  );
});

test("encodeInstructions() places functions in calls and address loads and keeps labels apart per function", () => {
  const jump = insn({ opcode: 0x05, reference: { kind: "label", name: "out" } });
  const program = [
    insn({ opcode: 0x85, src: 1, reference: { kind: "function", name: "add" }, symbol: "main" }),
    insn({ opcode: 0x18, dst: 2, src: 4, imm2: 0, reference: { kind: "function", name: "add" } }),
    jump,
    { ...exit, symbol: "out" },
    { ...jump, symbol: "add" },
    { ...exit, symbol: "out" },
  ];
  assert.equal(
    bytesOf(program),
    "8510000004000000 1842000003000000 0000000000000000 0500000000000000 9500000000000000 0500000000000000 9500000000000000",
  );
});

test("encodeInstructions() keeps calls of functions that are elsewhere when asked", () => {
  const call = insn({
    opcode: 0x85,
    src: 1,
    imm: -1,
    reference: { kind: "function", name: "far" },
  });
  assert.equal(bytesOf([call], { keepForeignFunctions: true }), "85100000ffffffff");
  assert.deepEqual(problems([call]), [
    'error[asm-undefined-function] at byte 0: Cannot resolve function "far" at slot 0: no instruction carries that symbol. Link the function into the program first',
  ]);
});

test("encodeInstructions() names every label that is missing, doubled, misplaced or too far", () => {
  const jump = (name: string): Instruction =>
    insn({ opcode: 0x05, reference: { kind: "label", name } });
  assert.deepEqual(problems([jump("nowhere"), exit]), [
    'error[asm-undefined-label] at byte 0: Cannot resolve label "nowhere" at slot 0: no instruction of its function carries that symbol. Give the target instruction that symbol',
  ]);
  assert.deepEqual(problems([jump("a"), { ...exit, symbol: "a" }, { ...exit, symbol: "a" }]), [
    'error[asm-duplicate-label] at byte 16: Cannot resolve label "a": a second one is at slot 2. Give every instruction a symbol of its own',
  ]);
  assert.deepEqual(
    problems([insn({ reference: { kind: "label", name: "a" } }), { ...exit, symbol: "a" }]),
    [
      'error[asm-misplaced-reference] at byte 0: Cannot point the instruction at slot 0 to "a": opcode 0xb7 has no target. Labels belong to jumps, functions to local calls and to 64-bit loads with source 4',
    ],
  );
  const padding = Array.from({ length: 0x8000 }, () => insn({}));
  assert.deepEqual(problems([jump("end"), ...padding, { ...exit, symbol: "end" }]), [
    'error[asm-jump-range] at byte 0: Cannot jump to "end" from slot 0: it is 32768 slots away. A jump reaches -32768 to 32767 slots; jump over a gotol (ISA v4) to go farther',
  ]);
  assert.equal(
    bytesOf([jump("end"), ...padding.slice(1), { ...exit, symbol: "end" }]).slice(0, 16),
    "0500ff7f00000000",
  );
});

test("encodeInstructions() refuses two functions of one name", () => {
  const call = insn({ opcode: 0x85, src: 1, reference: { kind: "function", name: "f" } });
  assert.deepEqual(problems([call, { ...exit, symbol: "f" }, { ...exit, symbol: "f" }]), [
    'error[asm-duplicate-function] at byte 16: Cannot resolve function "f": a second one is at slot 2. Give every instruction a symbol of its own',
  ]);
});

test("encodeInstructions() refuses fields that do not fit their bits", () => {
  const fields: Partial<Instruction>[] = [
    { dst: 16 },
    { imm: 2 ** 31 },
    { offset: 0.5 },
    { imm2: 0 },
    { opcode: 0x18 },
  ];
  assert.deepEqual(problems(fields.map(insn)), [
    "error[asm-field-range] at byte 0: Cannot encode the instruction at slot 0: dst is 16. dst is an integer from 0 to 15",
    "error[asm-field-range] at byte 8: Cannot encode the instruction at slot 1: imm is 2147483648. imm is an integer from -2147483648 to 2147483647",
    "error[asm-field-range] at byte 16: Cannot encode the instruction at slot 2: offset is 0.5. offset is an integer from -32768 to 32767",
    "error[asm-wide-immediate] at byte 24: Cannot encode the instruction at slot 3: opcode 0xb7 has imm2. imm2 belongs to opcode 0x18 and to no other",
    "error[asm-wide-immediate] at byte 32: Cannot encode the instruction at slot 4: opcode 0x18 lacks imm2. imm2 belongs to opcode 0x18 and to no other",
  ]);
});
