import assert from "node:assert/strict";
import { test } from "node:test";

import { constant64, splitConstant64, withConstant64 } from "./constant.ts";
import type { Instruction } from "./instruction.ts";
import { slotCount, slotOffsets } from "./slots.ts";

const wide: Instruction = { opcode: 0x18, dst: 0, src: 0, offset: 0, imm: -2, imm2: -1 };
const exit: Instruction = { opcode: 0x95, dst: 0, src: 0, offset: 0, imm: 0 };

test("slotOffsets() gives two slots to a 64-bit load and ends with the total", () => {
  assert.deepEqual([...slotOffsets([exit, wide, exit])], [0, 1, 3, 4]);
  assert.deepEqual([...slotOffsets([])], [0]);
  assert.deepEqual([slotCount(wide), slotCount(exit)], [2, 1]);
});

test("constant64() joins the halves of a wide load and sign-extends any other immediate", () => {
  assert.equal(constant64(wide), 0xffff_ffff_ffff_fffen);
  assert.equal(constant64({ ...wide, imm2: 0x11223344, imm: 0x55667788 }), 0x1122334455667788n);
  assert.equal(constant64({ ...exit, imm: -1 }), 0xffff_ffff_ffff_ffffn);
});

test("withConstant64() takes signed and unsigned constants", () => {
  assert.deepEqual(splitConstant64(-2n), { imm: -2, imm2: -1 });
  assert.deepEqual(withConstant64({ ...wide, imm: 0, imm2: 0 }, 0xffff_ffff_ffff_fffen), wide);
});
