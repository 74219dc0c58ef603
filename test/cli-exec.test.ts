import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { suite, test } from "node:test";

import { ocelliArguments } from "./support/cli.ts";

function exec(input: string, ...args: string[]): [number | null, string, string] {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ocelliArguments(["bpf", "exec", ...args]),
    { encoding: "utf8", input },
  );
  return [status, stdout, stderr];
}

// ldxh r0, [r1+0]; be16 r0; exit
const BE16 = "69 10 00 00 00 00 00 00 dc 00 00 00 10 00 00 00 95 00 00 00 00 00 00 00\n";

suite("ocelli bpf exec", () => {
  test("prints r0 in hexadecimal, from either engine", () => {
    for (const engine of ["interpreter", "jit"])
      assert.deepEqual(exec(BE16, "11 22", "--engine", engine), [0, "1122\n", ""]);
    assert.deepEqual(exec("b7000000ffffffff9500000000000000"), [0, "ffffffffffffffff\n", ""]);
  });

  test("exits with 1 and says where the program was stopped", () => {
    assert.deepEqual(exec(BE16), [
      1,
      "",
      "Cannot run slot 0 (r0 = *(u16 *)(r1 +0)): address 0x0 is outside its memory: the memory is 0x1000 to 0x1ffff\n",
    ]);
  });

  test("exits with 1 when the bytes are no program and with 2 when they are no bytes", () => {
    assert.deepEqual(exec("95"), [
      1,
      "",
      "error[asm-partial-slot] at byte 0: Cannot decode instructions: 1 bytes are not a multiple of 8. Pass whole slots of 8 bytes\n",
    ]);
    assert.deepEqual(exec("9z"), [
      2,
      "",
      "Cannot read the bytecode on standard input: use pairs of hexadecimal digits\n",
    ]);
  });
});
