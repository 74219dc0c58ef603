import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

import { cachedFile, kernelTest } from "@ocelli/testkit";

import { encodeInstructions } from "./encode.ts";
import type { Instruction } from "./instruction.ts";
import { printLlvm } from "./print-llvm.ts";
import { slotOffsets } from "./slots.ts";

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  assert.equal(status, 0, error?.message ?? stderr);
  return stdout;
}

/** What llvm-objdump prints for each instruction, without the symbol behind a jump. */
function objdump(instructions: readonly Instruction[]): (string | undefined)[] {
  const encoded = encodeInstructions(instructions);
  assert.ok(encoded.ok);
  const source = cachedFile(
    `asm-print-llvm-${process.pid}.s`,
    Buffer.from(`.text\nf:\n.byte ${[...encoded.value].join(",")}\n`),
  );
  const object = source.replace(/s$/, "o");
  run("llvm-mc-19", ["-triple=bpfel", "-mcpu=v4", "-filetype=obj", source, "-o", object]);
  const listing = run("llvm-objdump-19", ["-d", "-z", "--mcpu=v4", "--no-show-raw-insn", object]);
  const lines = new Map<number, string>();
  for (const [, slot, text = ""] of listing.matchAll(/^ +(\d+):\t(.*)$/gm))
    lines.set(Number(slot), text.replace(/ <f[+>].*$/, ""));
  const slots = slotOffsets(instructions);
  return instructions.map((_, index) => lines.get(slots[index] ?? -1));
}

const FIELDS: readonly Partial<Instruction>[] = [
  {},
  { dst: 1, src: 2 },
  { dst: 1, src: 2, offset: 4, imm: 5 },
  { dst: 9, offset: -4, imm: -5 },
  { dst: 10, src: 3, offset: 1, imm: 0x10001 },
  { dst: 1, imm: -0x8000_0000, offset: -0x8000 },
  { dst: 1, src: 2, offset: 8, imm: 16 },
  { dst: 3, src: 4, offset: 16, imm: 32 },
  { dst: 5, src: 6, offset: 32, imm: 64 },
  { dst: 5, imm: 16 },
  { dst: 5, imm: 32 },
  { dst: 5, imm: 64 },
  { src: 1, imm: 7 },
];
const ATOMICS = [0x00, 0x40, 0x50, 0xa0, 0x01, 0x41, 0x51, 0xa1, 0xe1, 0xf1];

/** LLVM 19 looks at some bits of an atomic's immediate only, and does not know what is younger than itself. */
function isBeyondLlvm19({ opcode, imm }: Instruction): boolean {
  return opcode === 0x0d || ((opcode & 0xe7) === 0xc3 && !ATOMICS.includes(imm));
}

kernelTest("printLlvm() prints every opcode as llvm-objdump does", { tools: ["llvm-19"] }, () => {
  const instructions: Instruction[] = [];
  for (let opcode = 0; opcode < 256; opcode++) {
    const all = [...FIELDS, ...ATOMICS.map((imm) => ({ dst: 1, src: 2, offset: -8, imm }))];
    for (const fields of all) {
      const narrow = { opcode, dst: 0, src: 0, offset: 0, imm: 0, ...fields };
      const instruction = opcode === 0x18 ? { ...narrow, imm2: (narrow.imm + 1) | 0 } : narrow;
      if (!isBeyondLlvm19(instruction)) instructions.push(instruction);
    }
  }
  assert.equal(instructions.length > 5700, true);
  assert.deepEqual(
    instructions.map((one) => printLlvm(one)),
    objdump(instructions),
  );
});
