// How each engine ends a program that goes wrong: code, words, place, address.
import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { asm, type Instruction } from "@ocelli/bpf";

import { VmError } from "./error.ts";
import type { HelperTable } from "./helper/helper.ts";
import { createInterpreter } from "./interpreter/interpreter.ts";
import { createJit } from "./jit/jit.ts";
import type { Machine, MachineOptions } from "./machine.ts";
import { createMemory } from "./memory/memory.ts";
import { prepareProgram } from "./program/prepare.ts";

const ENGINES: Readonly<Record<string, (options: MachineOptions) => Machine>> = {
  interpreter: createInterpreter,
  jit: createJit,
  "jit by br_table": (options) => createJit({ ...options, dispatch: true }),
};

const memory = createMemory({ size: 1 << 16 });

function failureOf(
  engine: string,
  instructions: readonly Instruction[],
  options: { fuel?: number; helpers?: HelperTable } = {},
): VmError {
  const program = prepareProgram(instructions);
  assert.ok(program.ok, JSON.stringify(program));
  const machine = ENGINES[engine]?.({ program: program.value, memory, ...options });
  assert.ok(machine !== undefined);
  try {
    machine.run();
  } catch (error) {
    assert.ok(error instanceof VmError, String(error));
    return error;
  }
  assert.fail("it ran");
}

for (const engine of Object.keys(ENGINES)) {
  suite(`The ${engine} stops`, () => {
    const cases: [
      name: string,
      program: Instruction[],
      code: string,
      message: string,
      address?: bigint,
    ][] = [
      [
        "a load from NULL",
        asm`r1 = 0; r0 = *(u32 *)(r1 + 4); exit`,
        "memory",
        "Cannot run slot 1 (r0 = *(u32 *)(r1 +4)): address 0x4 is outside its memory: the memory is 0x1000 to 0xffff",
        4n,
      ],
      [
        "a load across the end",
        asm`r1 = 65533; r0 = *(u32 *)(r1 + 0); exit`,
        "memory",
        "Cannot run slot 1 (r0 = *(u32 *)(r1 +0)): address 0xfffd is outside its memory: the memory is 0x1000 to 0xffff",
        0xfffdn,
      ],
      [
        "a store by a pointer whose upper half is not 0",
        asm`r1 = 0x100002000 ll; *(u64 *)(r1 - 8) = r1; exit`,
        "memory",
        "Cannot run slot 2 (*(u64 *)(r1 -8) = r1): address 0x100001ff8 is outside its memory: the memory is 0x1000 to 0xffff",
        0x1_0000_1ff8n,
      ],
      [
        "an atomic operation below the stack",
        asm`r1 = -8; r2 = 1; lock *(u64 *)(r1 + 0) += r2; exit`,
        "memory",
        "Cannot run slot 2 (lock *(u64 *)(r1 +0) += r2): address 0xfffffffffffffff8 is outside its memory: the memory is 0x1000 to 0xffff",
        0xffff_ffff_ffff_fff8n,
      ],
      [
        "an endless recursion",
        [
          { opcode: 0x85, dst: 0, src: 1, offset: 0, imm: 1 },
          ...asm`exit`,
          { opcode: 0x85, dst: 0, src: 1, offset: 0, imm: -1 },
          ...asm`exit`,
        ],
        "depth",
        "Cannot run slot 2 (call pc-1): it calls with 8 functions active, which are the most",
      ],
      [
        "a call of a helper that is not there",
        asm`call 77; exit`,
        "helper",
        "Cannot run slot 0 (call bpf_rc_repeat#77): there is no helper 77: give it to the machine",
      ],
      [
        "a run past the last instruction",
        asm`r0 = 1`,
        "instruction",
        "Cannot run slot 1 (no instruction): the program ends there without an exit",
      ],
      [
        "a write to r10",
        [{ opcode: 0xb7, dst: 10, src: 0, offset: 0, imm: 1 }, ...asm`exit`],
        "instruction",
        "Cannot run slot 0 (r10 = 1): r10 is read-only",
      ],
    ];
    for (const [name, program, code, message, address] of cases) {
      test(name, () => {
        const error = failureOf(engine, program);
        assert.deepEqual(
          { code: error.code, message: error.message, address: error.address },
          { code, message, address },
        );
      });
    }

    test("a loop without end when its fuel is used up", () => {
      const loop: Instruction = { opcode: 0x05, dst: 0, src: 0, offset: -1, imm: 0 };
      const error = failureOf(engine, [loop], { fuel: 1000 });
      assert.deepEqual(
        { code: error.code, message: error.message },
        {
          code: "fuel",
          message:
            "Cannot run slot 0 (goto pc-1): it took all the backward jumps and calls that it was allowed",
        },
      );
    });

    test("no loop that has fuel for every round, and says what is left", () => {
      const program = prepareProgram(asm`r0 = 10; l: r0 += -1; if r0 != 0 goto l; exit`);
      assert.ok(program.ok);
      const machine = ENGINES[engine]?.({ program: program.value, memory, fuel: 12 });
      assert.equal(machine?.run(), 0);
      assert.equal(machine?.fuelLeft(), 3);
    });

    test("nothing that calls back through a helper", () => {
      const helpers: HelperTable = new Map([
        [
          181,
          {
            name: "loop",
            result: "int",
            call: ({ invoke }, count, callback, context) => {
              for (let index = 0; index < count; index++)
                if (invoke(callback, index, context, 0, 0) !== 0) return index + 1;
              return count;
            },
          },
        ],
      ]);
      const instructions: Instruction[] = [
        ...asm`*(u64 *)(r10 - 8) = 0; r1 = 10`,
        { opcode: 0x18, dst: 2, src: 4, offset: 0, imm: 6, imm2: 0 },
        ...asm`r3 = r10; r3 += -8; call 181; r0 = *(u64 *)(r10 - 8); exit`,
        ...asm`r3 = *(u64 *)(r2 + 0); r3 += r1; *(u64 *)(r2 + 0) = r3; r0 = 0; exit`,
      ];
      const program = prepareProgram(instructions);
      assert.ok(program.ok, JSON.stringify(program));
      const machine = ENGINES[engine]?.({ program: program.value, memory, helpers });
      assert.equal(machine?.run(), 45);
      const wrong = [...instructions];
      wrong[2] = { opcode: 0xb7, dst: 2, src: 0, offset: 0, imm: 5 };
      wrong.splice(3, 0, { opcode: 0xb7, dst: 4, src: 0, offset: 0, imm: 0 });
      const error = failureOf(engine, wrong, { helpers });
      assert.deepEqual(
        { code: error.code, message: error.message },
        {
          code: "helper",
          message:
            "Cannot run slot 6 (call bpf_loop#181): 0x5 is not the address of a function that can be called back",
        },
      );
    });
  });
}
