import assert from "node:assert/strict";
import { test } from "node:test";

import type { Instruction } from "./instruction.ts";
import {
  isCall,
  isExit,
  isFunctionAddress,
  isHelperCall,
  isJump,
  isKfuncCall,
  isLocalCall,
  jumpDistance,
} from "./predicates.ts";

const insn = (opcode: number, src = 0): Instruction => ({
  opcode,
  dst: 0,
  src,
  offset: 3,
  imm: 70_000,
});

test("isJump() is true for exactly the opcodes that carry a distance", () => {
  const jumps = Array.from({ length: 256 }, (_, opcode) => opcode).filter((opcode) =>
    isJump(insn(opcode)),
  );
  const expected = Array.from({ length: 256 }, (_, opcode) => opcode).filter(
    (opcode) => [5, 6].includes(opcode & 7) && ![0x80, 0x90].includes(opcode & 0xf0),
  );
  assert.deepEqual(jumps, expected);
});

test("jumpDistance() is the immediate of gotol, the offset of other jumps", () => {
  assert.deepEqual(
    [0x05, 0x06, 0x1d, 0x85, 0x95].map((opcode) => jumpDistance(insn(opcode))),
    [3, 70_000, 3, undefined, undefined],
  );
});

test("calls are told apart by their source", () => {
  const calls = [insn(0x85), insn(0x85, 1), insn(0x85, 2), insn(0x8d), insn(0x95)];
  assert.deepEqual(calls.map(isCall), [true, true, true, true, false]);
  assert.deepEqual(calls.map(isHelperCall), [true, false, false, false, false]);
  assert.deepEqual(calls.map(isLocalCall), [false, true, false, false, false]);
  assert.deepEqual(calls.map(isKfuncCall), [false, false, true, false, false]);
  assert.deepEqual(calls.map(isExit), [false, false, false, false, true]);
  assert.deepEqual(
    [isFunctionAddress(insn(0x18, 4)), isFunctionAddress(insn(0x18, 1))],
    [true, false],
  );
});
