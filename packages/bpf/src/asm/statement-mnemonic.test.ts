import assert from "node:assert/strict";
import { test } from "node:test";

import { formatDiagnostic } from "../diagnostic.ts";
import { parseAssembly } from "./parse.ts";
import { printAssembly } from "./assembly.ts";

/** Each statement of ubpf's notation beside the kernel's text of the same instruction. */
const PAIRS: readonly (readonly [string, string])[] = [
  ["add %r1, 5", "(07) r1 += 5"],
  ["sub32 %r1, %r2", "(1c) w1 -= w2"],
  ["mul r1, r2", "(2f) r1 *= r2"],
  ["div %r1, 3", "(37) r1 /= 3"],
  ["sdiv32 %r1, -3", "(34) w1 s/= -3"],
  ["smod %r1, %r2", "(9f) r1 s%= r2"],
  ["or64 %r1, 0x10", "(47) r1 |= 16"],
  ["and32 %r1, 0xffffffff", "(54) w1 &= -1"],
  ["xor %r9, %r10", "(af) r9 ^= r10"],
  ["lsh %r1, 63", "(67) r1 <<= 63"],
  ["rsh32 %r1, 1", "(74) w1 >>= 1"],
  ["arsh %r1, %r2", "(cf) r1 s>>= r2"],
  ["mov %r1, -1", "(b7) r1 = -1"],
  ["neg %r1", "(87) r1 = -r1"],
  ["neg32 %r1", "(84) w1 = -w1"],
  ["be16 %r1", "(dc) r1 = be16 r1"],
  ["le64 %r1", "(d4) r1 = le64 r1"],
  ["bswap32 %r1", "(d7) r1 = bswap32 r1"],
  ["swap64 %r1", "(d7) r1 = bswap64 r1"],
  ["movsx832 %r1, %r2", "(bc) w1 = (s8)w2"],
  ["movsx3264 %r1, %r2", "(bf) r1 = (s32)r2"],
  ["lddw %r1, 0x1122334455667788", "(18) r1 = 0x1122334455667788"],
  ["ldxb %r1, [%r2]", "(71) r1 = *(u8 *)(r2 +0)"],
  ["ldxdw %r1, [%r10-8]", "(79) r1 = *(u64 *)(r10 -8)"],
  ["ldxsw %r1, [%r2+4]", "(81) r1 = *(s32 *)(r2 +4)"],
  ["stw [%r1+0x10], -5", "(62) *(u32 *)(r1 +16) = -5"],
  ["stxh [%r1], %r2", "(6b) *(u16 *)(r1 +0) = r2"],
  ["lock add [%r1], %r2", "(db) lock *(u64 *)(r1 +0) += r2"],
  ["lock fetch or32 [%r1+4], %r2", "(c3) r2 = atomic_fetch_or((u32 *)(r1 +4), r2)"],
  ["lock xchg [%r1], %r2", "(db) r2 = atomic64_xchg((u64 *)(r1 +0), r2)"],
  ["lock cmpxchg32 [%r1], %r2", "(c3) r0 = atomic_cmpxchg((u32 *)(r1 +0), r0, r2)"],
  ["ja +3", "(05) goto pc+3"],
  ["ja32 +70000", "(06) gotol pc+70000"],
  ["jeq %r1, 5, +1", "(15) if r1 == 0x5 goto pc+1"],
  ["jsle32 %r1, %r2, -2", "(de) if w1 s<= w2 goto pc-2"],
  ["jset %r1, %r2, there", "(4d) if r1 & r2 goto there"],
  ["call 7", "(85) call bpf_get_prandom_u32#7"],
  ["call local other", "(85) call other"],
  ["exit", "(95) exit"],
];

test("parseAssembly() reads every statement of ubpf's notation", () => {
  const parsed = parseAssembly(PAIRS.map(([text]) => `${text} # comment`).join("\n"));
  assert.ok(parsed.ok, parsed.diagnostics.map(formatDiagnostic).join("\n"));
  assert.deepEqual(
    printAssembly(parsed.value, "kernel").trimEnd().split("\n"),
    PAIRS.map(([, text]) => `  ${text}`),
  );
});

test("parseAssembly() refuses constants of ubpf's notation that do not fit", () => {
  assert.deepEqual(
    parseAssembly(
      "mov %r1, 0x100000000\nlddw %r1, 0x10000000000000000\nstb [%r1+40000], 1\njeq %r11, 0, +1",
    ).diagnostics.map(formatDiagnostic),
    [
      'error[asm-syntax] at byte 0: Cannot parse "mov %r1, 0x100000000": the immediate is 4294967296. It must be from -2147483648 to 4294967295',
      'error[asm-syntax] at byte 21: Cannot parse "lddw %r1, 0x10000000000000000": the constant is 18446744073709551616. It must fit 64 bits',
      'error[asm-syntax] at byte 51: Cannot parse "stb [%r1+40000], 1": the offset is 40000. It must be from -32768 to 32767',
    ],
  );
});
