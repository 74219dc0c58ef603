import assert from "node:assert/strict";
import { test } from "node:test";

import { formatDiagnostic } from "../diagnostic.ts";
import { decodeInstructions } from "./decode.ts";

function problems(hex: string): string[] {
  return decodeInstructions(Buffer.from(hex.replaceAll(" ", ""), "hex")).diagnostics.map(
    formatDiagnostic,
  );
}

test("decodeInstructions() reads a view into a larger buffer", () => {
  const bytes = Buffer.from("ff7b1af8ff04030201", "hex").subarray(1);
  assert.deepEqual(decodeInstructions(bytes), {
    ok: true,
    value: [{ opcode: 0x7b, dst: 10, src: 1, offset: -8, imm: 0x01020304 }],
    diagnostics: [],
  });
});

test("decodeInstructions() refuses bytes that are not whole slots", () => {
  assert.deepEqual(problems("95000000000000000000"), [
    "error[asm-partial-slot] at byte 8: Cannot decode instructions: 10 bytes are not a multiple of 8. Pass whole slots of 8 bytes",
  ]);
});

test("decodeInstructions() refuses a 64-bit load without its second slot or with bits in it", () => {
  assert.deepEqual(problems("1801000000000000 0001000000000000 1801000000000000"), [
    "error[asm-wide-reserved] at byte 8: Cannot decode the 64-bit load at slot 0: opcode, registers and offset of its second slot are not 0. Only the immediate of the second slot carries bits",
    "error[asm-wide-truncated] at byte 16: Cannot decode the 64-bit load at slot 2: the program ends before its second slot. A 64-bit immediate load fills two slots",
  ]);
});
