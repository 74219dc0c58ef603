import assert from "node:assert/strict";
import { test } from "node:test";

import { asm } from "./asm.ts";
import { encodeInstructions } from "./encode.ts";

test("asm returns the instructions of the literal, with numbers put in", () => {
  const size = 7n;
  assert.deepEqual(asm`r0 = ${size}; exit`, [
    { opcode: 0xb7, dst: 0, src: 0, offset: 0, imm: 7 },
    { opcode: 0x95, dst: 0, src: 0, offset: 0, imm: 0 },
  ]);
  const encoded = encodeInstructions(asm`loop: r0 += 1; if r0 < 9 goto loop; exit`);
  assert.ok(encoded.ok);
  assert.equal(
    Buffer.from(encoded.value).toString("hex"),
    "0700000001000000a500feff090000009500000000000000",
  );
});

test("asm throws every mistake of the literal at once", () => {
  assert.throws(
    () => asm`r0 = 7
    r0 =! 8
    jump`,
    {
      name: "SyntaxError",
      message: `line 2: Cannot parse "r0 =! 8": "!" belongs to no instruction. Write one statement per line or put ";" between them
line 3: Cannot parse "jump": no instruction is written like that. Examples: r1 = 5; r2 = *(u32 *)(r1 + 4); if r1 > 5 goto done; call bpf_ktime_get_ns; exit`,
    },
  );
});
