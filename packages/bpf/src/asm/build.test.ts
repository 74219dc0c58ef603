import assert from "node:assert/strict";
import { test } from "node:test";

import { alu32, alu64, byteOrder, mov32, mov64, negate, signExtend } from "./build-alu.ts";
import { call, callFunction, exit, jump, jumpIf, jumpIf32, label } from "./build-flow.ts";
import {
  atomic,
  load,
  loadConstant,
  loadFunction,
  loadMap,
  loadMapValue,
  store,
} from "./build-memory.ts";
import { checkInstruction } from "./check.ts";
import { encodeInstructions } from "./encode.ts";
import type { Instruction } from "./instruction.ts";
import { printKernel } from "./print-kernel.ts";
import { R0, R1, R10, R2, R3, R4, R5, R6, R7, R8, R9 } from "./registers.ts";
import { resolveReferences } from "./resolve.ts";

function listing(instructions: Instruction[]): string[] {
  const resolved = resolveReferences(instructions);
  assert.ok(resolved.ok);
  assert.deepEqual(
    resolved.value.map((one) => checkInstruction(one)),
    instructions.map(() => undefined),
  );
  return resolved.value.map((one) => printKernel(one));
}

test("a program that counts in a map builds, resolves and encodes", () => {
  const program = [
    store("u32", R10, -4, 0),
    mov64(R2, R10),
    alu64("add", R2, -4),
    loadMap(R1, "counts"),
    call("map_lookup_elem"),
    jumpIf(R0, "==", 0, "out"),
    mov64(R1, 1),
    atomic("add", "u64", R0, 0, R1),
    label("out", mov64(R0, 0)),
    exit(),
  ];
  assert.deepEqual(listing(program), [
    "(62) *(u32 *)(r10 -4) = 0",
    "(bf) r2 = r10",
    "(07) r2 += -4",
    "(18) r1 = 0x0",
    "(85) call bpf_map_lookup_elem#1",
    "(15) if r0 == 0x0 goto pc+2",
    "(b7) r1 = 1",
    "(db) lock *(u64 *)(r0 +0) += r1",
    "(b7) r0 = 0",
    "(95) exit",
  ]);
  const encoded = encodeInstructions(program);
  assert.ok(encoded.ok);
  assert.equal(encoded.value.length, 88);
});

test("every builder makes the instruction that it names", () => {
  const program = [
    mov32(R3, R4),
    alu32("sdiv", R5, R6),
    alu64("smod", R7, -3),
    alu64("arsh", R8, R9),
    signExtend(R1, R2, 16),
    negate(R9),
    byteOrder("big", R1, 16),
    byteOrder("little", R1, 32),
    byteOrder("swap", R1, 64),
    load("u16", R1, R2, -2),
    load("s8", R1, R2, 2),
    store("u64", R10, -8, R1),
    atomic("cmpxchg", "u32", R10, -8, R1),
    loadConstant(R1, -2n),
    loadMapValue(R1, ".bss", 8),
    loadFunction(R2, "callback"),
    jumpIf32(R1, "s<=", R2, "end"),
    jump("end"),
    callFunction("callback"),
    label("end", exit()),
    label("callback", exit()),
  ];
  assert.deepEqual(listing(program), [
    "(bc) w3 = w4",
    "(3c) w5 s/= w6",
    "(97) r7 s%= -3",
    "(cf) r8 s>>= r9",
    "(bf) r1 = (s16)r2",
    "(87) r9 = -r9",
    "(dc) r1 = be16 r1",
    "(d4) r1 = le32 r1",
    "(d7) r1 = bswap64 r1",
    "(69) r1 = *(u16 *)(r2 -2)",
    "(91) r1 = *(s8 *)(r2 +2)",
    "(7b) *(u64 *)(r10 -8) = r1",
    "(c3) r0 = atomic_cmpxchg((u32 *)(r10 -8), r0, r1)",
    "(18) r1 = 0xfffffffffffffffe",
    "(18) r1 = 0x800000000",
    "(18) r2 = 0x5",
    "(de) if w1 s<= w2 goto pc+2",
    "(05) goto pc+1",
    "(85) call pc+1",
    "(95) exit",
    "(95) exit",
  ]);
});
