import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { asm, type Instruction } from "@ocelli/bpf";

import { prepareProgram } from "./prepare.ts";

function refusal(instructions: readonly Instruction[]): string[] {
  const result = prepareProgram(instructions);
  assert.equal(result.ok, false);
  return result.diagnostics.map(({ code, span, message }) => `${code}@${span.offset}: ${message}`);
}

suite("prepareProgram()", () => {
  test("refuses an empty program", () => {
    assert.deepEqual(refusal([]), [
      "vm-empty@0: Cannot prepare the program: it has no instructions",
    ]);
  });

  test("refuses jumps and calls that leave the program or land inside a 64-bit load", () => {
    const wide: Instruction = { opcode: 0x18, dst: 0, src: 0, offset: 0, imm: 0, imm2: 0 };
    assert.deepEqual(
      refusal([
        { opcode: 0x05, dst: 0, src: 0, offset: 1, imm: 0 },
        wide,
        { opcode: 0x15, dst: 0, src: 0, offset: -5, imm: 0 },
        { opcode: 0x85, dst: 0, src: 1, offset: 0, imm: 9 },
        ...asm`exit`,
      ]),
      [
        "vm-target@0: Cannot prepare the program: the jump at slot 0 goes to slot 2, the middle of a 64-bit load",
        "vm-target@24: Cannot prepare the program: the jump at slot 3 goes to slot -1, but there are slots 0 to 5",
        "vm-target@32: Cannot prepare the program: the call at slot 4 goes to slot 14, but there are slots 0 to 5",
      ],
    );
  });

  test("refuses names that nothing resolves and takes the values it is given", () => {
    const program: Instruction[] = [
      {
        opcode: 0x18,
        dst: 1,
        src: 1,
        offset: 0,
        imm: 0,
        imm2: 0,
        reference: { kind: "map", name: "counts" },
      },
      ...asm`exit`,
    ];
    assert.deepEqual(refusal(program), [
      'vm-unresolved@0: Cannot prepare the program: nothing resolves "r1 = map[counts]" at slot 0, which refers to map "counts"',
    ]);
    const result = prepareProgram(program, { resolve: () => 0x1_0000_2000n });
    assert.ok(result.ok);
    assert.deepEqual([...result.value.constants], [0x2000, 1]);
  });
});
