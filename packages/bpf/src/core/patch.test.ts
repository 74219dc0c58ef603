import assert from "node:assert/strict";
import { test } from "node:test";

import type { Instruction } from "../asm/instruction.ts";
import type { CoreValue } from "./compute.ts";
import { patchInstruction } from "./patch.ts";

const source = { file: "a.c", line: 3, column: 1, text: "" };

function instruction(opcode: number, fields: Partial<Instruction> = {}): Instruction {
  return { opcode, dst: 1, src: 0, offset: 0, imm: 0, source, ...fields };
}

function value(local: bigint, target: bigint, fields: Partial<CoreValue> = {}): CoreValue {
  const sizes = { localSize: 0, targetSize: 0, sizeConflict: false };
  return { local, target, validate: true, missing: false, ...sizes, ...fields };
}

function poison(fields: Partial<Instruction> = {}): Instruction {
  return { opcode: 0x85, dst: 0, src: 0, offset: 0, imm: 195896080, source, ...fields };
}

test("patchInstruction() replaces immediates of arithmetic, moves included", () => {
  for (const opcode of [0xb7, 0xb4, 0x07, 0x04]) {
    assert.deepEqual(patchInstruction(instruction(opcode, { imm: 4 }), value(4n, 8n)), {
      kind: "patched",
      instruction: instruction(opcode, { imm: 8 }),
    });
  }
  assert.deepEqual(
    patchInstruction(instruction(0xb7, { imm: -5 }), value(2n ** 64n - 5n, 2n ** 64n - 50n)),
    { kind: "patched", instruction: instruction(0xb7, { imm: -50 }) },
  );
});

test("patchInstruction() replaces offsets of loads and stores", () => {
  for (const opcode of [0x61, 0x62, 0x63, 0x79, 0x91, 0xdb]) {
    assert.deepEqual(patchInstruction(instruction(opcode, { offset: 4 }), value(4n, 0x7fffn)), {
      kind: "patched",
      instruction: instruction(opcode, { offset: 0x7fff }),
    });
  }
});

test("patchInstruction() lets a load or store follow the size of its field", () => {
  const sizes = { localSize: 4, targetSize: 8 };
  const byte = { localSize: 8, targetSize: 1 };
  assert.deepEqual(patchInstruction(instruction(0x61), value(0n, 0n, sizes)), {
    kind: "patched",
    instruction: instruction(0x79),
  });
  assert.deepEqual(patchInstruction(instruction(0x7a), value(0n, 0n, byte)), {
    kind: "patched",
    instruction: instruction(0x72),
  });
});

test("patchInstruction() replaces both halves of a 64-bit load and takes the relocation off", () => {
  const relocation = { kind: "enumval_value", typeId: 1, accessor: "0" } as const;
  const load = instruction(0x18, { imm: -1, imm2: 1, relocation });
  assert.deepEqual(patchInstruction(load, value(0x1_ffff_ffffn, 0xfedc_ba98_7654_3210n)), {
    kind: "patched",
    instruction: instruction(0x18, { imm: 0x7654_3210, imm2: 0xfedcba98 | 0 }),
  });
});

test("patchInstruction() poisons what the kernel lacks, slot for slot", () => {
  const missing = value(0n, 0n, { missing: true });
  assert.deepEqual(patchInstruction(instruction(0x61, { offset: 8, symbol: "f" }), missing), {
    kind: "poisoned",
    why: "missing",
    instructions: [poison({ symbol: "f" })],
  });
  const load = instruction(0x18, { imm: 1, imm2: 0, symbol: "f", functionTypeId: 7 });
  assert.deepEqual(patchInstruction(load, missing), {
    kind: "poisoned",
    why: "missing",
    instructions: [poison({ symbol: "f", functionTypeId: 7 }), poison()],
  });
});

test("patchInstruction() poisons accesses whose size cannot follow the field", () => {
  const signed = { localSize: 4, targetSize: 8, sizeConflict: true };
  const poisoned = { kind: "poisoned", why: "size", instructions: [poison()] };
  assert.deepEqual(patchInstruction(instruction(0x61), value(0n, 0n, signed)), poisoned);
  // r1 = *(s8 *)(r0 + 0) of an unsigned field: widening would change the number.
  const widened = { localSize: 1, targetSize: 4 };
  assert.deepEqual(patchInstruction(instruction(0x91), value(0n, 0n, widened)), poisoned);
  // The address of such a field may still be taken.
  assert.deepEqual(patchInstruction(instruction(0x07), value(0n, 4n, signed)), {
    kind: "patched",
    instruction: instruction(0x07, { imm: 4 }),
  });
});

test("patchInstruction() skips the check where compilers are free", () => {
  const free = value(4n, 8n, { validate: false });
  assert.equal(patchInstruction(instruction(0xb7, { imm: 99 }), free).kind, "patched");
  assert.equal(patchInstruction(instruction(0x61, { offset: 99 }), free).kind, "patched");
  assert.equal(patchInstruction(instruction(0x18, { imm: 99, imm2: 1 }), free).kind, "patched");
});

test("patchInstruction() refuses instructions that contradict their relocation", () => {
  const map = { kind: "map", name: "counts" } as const;
  const odd = { localSize: 4, targetSize: 3 };
  const cases: [Instruction, CoreValue, string][] = [
    [instruction(0x0f), value(0n, 1n), "the arithmetic must have an immediate operand"],
    [instruction(0xb7, { imm: 1 }), value(2n, 3n), "its value must be 2: it is 1"],
    [
      instruction(0xb7, { imm: -1 }),
      value(0xffff_ffffn, 0n),
      "its value must be 4294967295: it is -1",
    ],
    [instruction(0x61, { offset: -1 }), value(2n, 3n), "its value must be 2: it is -1"],
    [instruction(0x61), value(0n, 32768n), "an offset has up to 32767 bytes: it is 32768"],
    [
      instruction(0x69),
      value(0n, 0n, { localSize: 4, targetSize: 8 }),
      "it accesses 2 bytes of a field of 4",
    ],
    [
      instruction(0x61),
      value(0n, 0n, odd),
      "no load or store has the size of the kernel's field: 3 bytes",
    ],
    [instruction(0x18, { imm2: 0 }), value(1n, 1n), "its value must be 1: it is 0"],
    [
      instruction(0x18, { imm2: 0, src: 1 }),
      value(0n, 1n),
      "the 64-bit load must be of a plain number",
    ],
    [
      instruction(0x18, { imm2: 0, reference: map }),
      value(0n, 1n),
      "the 64-bit load must be of a plain number",
    ],
    [instruction(0x20), value(0n, 1n), "the 64-bit load must be of a plain number"],
    [instruction(0x95), value(0n, 1n), "an instruction with opcode 0x95 holds no such value"],
  ];
  for (const [found, wanted, reason] of cases)
    assert.deepEqual(patchInstruction(found, wanted), { kind: "refused", reason });
});
