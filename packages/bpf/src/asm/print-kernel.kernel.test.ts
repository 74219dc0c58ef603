import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

import { cachedFile, kernelTest } from "@ocelli/testkit";

import { encodeInstructions } from "./encode.ts";
import type { Instruction } from "./instruction.ts";
import { printKernel } from "./print-kernel.ts";
import { slotOffsets } from "./slots.ts";

const insn = (opcode: number, fields: Partial<Instruction> = {}): Instruction => ({
  opcode,
  dst: 0,
  src: 0,
  offset: 0,
  imm: 0,
  ...fields,
});

/**
 * The verifier's own text of each slot, from the log of a program that it walks in a straight line and refuses at its
 * end, because it reads a register that was never written; so nothing stays loaded.
 */
function verifierLog(instructions: readonly Instruction[]): Map<number, string> {
  const encoded = encodeInstructions(instructions);
  assert.ok(encoded.ok);
  const text = [
    '.section "raw_tp/sys_enter","ax",@progbits',
    ".globl f",
    ".type f,@function",
    `f: .byte ${[...encoded.value].join(",")}`,
    ".size f, .-f",
    '.section "license","aw",@progbits',
    '.asciz "GPL"',
    "",
  ].join("\n");
  const source = cachedFile(`asm-print-kernel-${process.pid}.s`, Buffer.from(text));
  const object = source.replace(/s$/, "o");
  const build = spawnSync(
    "llvm-mc-19",
    ["-triple=bpfel", "-mcpu=v4", "-filetype=obj", source, "-o", object],
    {
      encoding: "utf8",
    },
  );
  assert.equal(build.status, 0, build.stderr);
  const pin = `/sys/fs/bpf/asm-print-kernel-${process.pid}`;
  const load = spawnSync("bpftool", ["-d", "prog", "load", object, pin], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  const log = load.stdout + load.stderr;
  assert.match(log, /R6 !read_ok/, log);
  const lines = new Map<number, string>();
  for (const [, slot, line = ""] of log.matchAll(/^(\d+): (\([0-9a-f]{2}\) .*?)(?: +;.*)?$/gm))
    if (!lines.has(Number(slot))) lines.set(Number(slot), line);
  return lines;
}

const ALU = [0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x90, 0xa0, 0xb0, 0xc0];
const JUMPS = [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0];
const SIZES = [0x00, 0x08, 0x10, 0x18];
const ATOMICS = [0x00, 0x40, 0x50, 0xa0, 0x01, 0x41, 0x51, 0xa1, 0xe1];

function everything(): Instruction[] {
  const one: Instruction = insn(0xb7, { dst: 1, imm: 1 });
  const two: Instruction = insn(0xb7, { dst: 2, imm: 3 });
  const program: Instruction[] = [two];
  for (const base of [0x04, 0x07]) {
    for (const operation of ALU) {
      program.push(one, insn(base | operation, { dst: 1, imm: 7 }));
      program.push(one, insn(base | operation | 8, { dst: 1, src: 2 }));
    }
    for (const operation of [0x30, 0x90]) {
      program.push(insn(base | operation, { dst: 1, imm: -7, offset: 1 }));
      program.push(insn(base | operation | 8, { dst: 1, src: 2, offset: 1 }));
    }
    program.push(one, insn(base | 0x80, { dst: 1 }));
    for (const offset of base === 4 ? [8, 16] : [8, 16, 32])
      program.push(insn(base | 0xb8, { dst: 1, src: 2, offset }));
  }
  for (const opcode of [0xd4, 0xdc, 0xd7])
    for (const imm of [16, 32, 64]) program.push(insn(opcode, { dst: 1, imm }));
  for (const base of [0x05, 0x06])
    for (const operation of JUMPS) {
      program.push(insn(base | operation, { dst: 2, imm: -2 }));
      program.push(insn(base | operation | 8, { dst: 2, src: 2 }));
    }
  program.push(insn(0x05), insn(0x06));
  program.push(insn(0x18, { dst: 3, imm: -2, imm2: 5 }));
  for (const size of SIZES) {
    program.push(insn(0x62 | size, { dst: 10, offset: -8, imm: -9 }));
    program.push(insn(0x63 | size, { dst: 10, src: 2, offset: -8 }));
    program.push(insn(0x7a, { dst: 10, offset: -8 }));
    program.push(insn(0x61 | size, { dst: 4, src: 10, offset: -8 }));
    if (size !== 0x18) program.push(insn(0x81 | size, { dst: 4, src: 10, offset: -8 }));
    program.push(insn(0xc3 | size, { dst: 4, src: 10, offset: -8, imm: 0x100 }));
    program.push(insn(0xc3 | size, { dst: 10, src: 2, offset: -8, imm: 0x110 }));
  }
  for (const size of [0x00, 0x18])
    for (const imm of ATOMICS)
      program.push(
        two,
        insn(0x7a, { dst: 10, offset: -8 }),
        insn(0xc3 | size, { dst: 10, src: 2, offset: -8, imm }),
      );
  program.push(one, insn(0x7b, { dst: 10, src: 1, offset: -16 }));
  program.push(insn(0x85, { imm: 5 }), insn(0xdb, { dst: 10, src: 0, offset: -16, imm: 0xf1 }));
  program.push(insn(0x85, { imm: 8 }), insn(0x05, { offset: 0 }), insn(0xe5));
  // r6 was never written, which ends the walk.
  return [...program, insn(0xbf, { src: 6 }), insn(0x95)];
}

kernelTest(
  "printKernel() prints instructions as the verifier's log does",
  { needs: ["acquire_release"], tools: ["llvm-19", "bpftool"] },
  () => {
    const program = everything();
    const log = verifierLog(program);
    const slots = slotOffsets(program);
    const walked = program.slice(0, -1);
    const theirs = walked.map((_, index) => log.get(slots[index] ?? -1));
    assert.deepEqual(
      walked.map((instruction) => printKernel(instruction)),
      theirs,
    );
  },
);
