import assert from "node:assert/strict";
import { test } from "node:test";

import { formatDiagnostic } from "../diagnostic.ts";
import { checkInstruction } from "./check.ts";
import type { Instruction } from "./instruction.ts";

const insn = (opcode: number, fields: Partial<Instruction> = {}): Instruction => ({
  opcode,
  dst: 0,
  src: 0,
  offset: 0,
  imm: 0,
  ...fields,
});

test("checkInstruction() knows exactly the opcodes of ISA v1 to v4 and Linux", () => {
  const imms = [0, 16];
  const known = Array.from({ length: 256 }, (_, opcode) => opcode).filter((opcode) =>
    imms.some((imm) => checkInstruction(insn(opcode, { imm })) === undefined),
  );
  const hex = known.map((opcode) => opcode.toString(16).padStart(2, "0")).join(" ");
  assert.equal(
    hex,
    [
      "04 05 06 07 0c 0d 0f 14 15 16 17 18 1c 1d 1e 1f",
      "20 24 25 26 27 28 2c 2d 2e 2f 30 34 35 36 37 3c 3d 3e 3f",
      "40 44 45 46 47 48 4c 4d 4e 4f 50 54 55 56 57 5c 5d 5e 5f",
      "61 62 63 64 65 66 67 69 6a 6b 6c 6d 6e 6f 71 72 73 74 75 76 77 79 7a 7b 7c 7d 7e 7f",
      "81 84 85 87 89 8d 91 94 95 97 9c 9f",
      "a4 a5 a6 a7 ac ad ae af b4 b5 b6 b7 bc bd be bf",
      "c3 c4 c5 c6 c7 cc cd ce cf d4 d5 d6 d7 db dc dd de e5",
    ].join(" "),
  );
});

test("checkInstruction() says which field an opcode does not use", () => {
  const problems = [
    insn(0x07, { src: 3 }),
    insn(0x0f, { offset: 1 }),
    insn(0xbc, { offset: 32 }),
    insn(0x95, { imm: 1 }),
    insn(0x72, { src: 1 }),
    insn(0x18, { src: 4, imm: 9, imm2: 1 }),
  ].map((instruction, slot) => checkInstruction(instruction, slot)?.message);
  assert.deepEqual(problems, [
    "Cannot execute the instruction at slot 0: its src is 3",
    "Cannot execute the instruction at slot 1: its offset is 1",
    "Cannot execute the instruction at slot 2: its offset is 32",
    "Cannot execute the instruction at slot 3: its imm is 1",
    "Cannot execute the instruction at slot 4: its src is 1",
    "Cannot execute the instruction at slot 5: its imm2 is 1",
  ]);
});

test("checkInstruction() refuses atomics, calls and loads that do not exist", () => {
  const wrong = [
    insn(0xcb, { imm: 0xe1 }),
    insn(0xdb, { imm: 0x02 }),
    insn(0x85, { src: 3 }),
    insn(0x18, { src: 7, imm2: 0 }),
    insn(0xdc, { imm: 8 }),
    insn(0x06 | 0x80),
  ];
  assert.deepEqual(
    wrong.map((instruction) => checkInstruction(instruction)?.code),
    wrong.map(() => "asm-unknown-instruction"),
  );
  const first = checkInstruction(insn(0xff));
  assert.equal(
    first === undefined ? "" : formatDiagnostic(first),
    "error[asm-unknown-instruction] at byte 0: Cannot execute the instruction at slot 0: opcode 0xff with source 0 and immediate 0 is not defined. RFC 9669 lists the instructions",
  );
});

test("checkInstruction() takes acquire and release in every size", () => {
  for (const opcode of [0xc3, 0xcb, 0xd3, 0xdb])
    for (const imm of [0x100, 0x110])
      assert.equal(checkInstruction(insn(opcode, { imm, src: 1 })), undefined);
});
