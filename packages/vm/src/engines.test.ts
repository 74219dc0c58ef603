// Interpreter and JIT against each other: the same results, the same errors, the same memory, the same fuel.
import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { asm, type Instruction } from "@ocelli/bpf";
import { randomProgram, randomSoup } from "@ocelli/testkit";

import { VmError } from "./error.ts";
import { createInterpreter } from "./interpreter/interpreter.ts";
import { createJit } from "./jit/jit.ts";
import type { Machine, MachineOptions } from "./machine.ts";
import { createMemory } from "./memory/memory.ts";
import { prepareProgram, type PreparedProgram } from "./program/prepare.ts";

const memory = createMemory({ size: 1 << 16 });

function prepare(instructions: readonly Instruction[]): PreparedProgram {
  const program = prepareProgram(instructions);
  assert.ok(program.ok, JSON.stringify(program));
  return program.value;
}

const before = Uint8Array.from(memory.bytes, (_, at) =>
  at >= 0x1000 && at < 0x3000 ? Math.imul(at, 0x9e37_79b1) >>> 24 : 0,
);

/** Everything that a run leaves behind. The memory is the same before each. */
function traceOf(make: (options: MachineOptions) => Machine, program: PreparedProgram): unknown {
  memory.bytes.set(before);
  const machine = make({ program, memory, fuel: 300 });
  const after = (): string => Buffer.from(memory.bytes.subarray(0x1000)).toString("latin1");
  try {
    machine.run(0x2000, 16);
  } catch (error) {
    if (!(error instanceof VmError)) throw error;
    return { error: `${error.code}: ${error.message}`, memory: after() };
  }
  return { result: machine.result(), fuel: machine.fuelLeft(), memory: after() };
}

function agree(program: PreparedProgram, what: string): void {
  const expected = traceOf(createInterpreter, program);
  assert.deepEqual(traceOf(createJit, program), expected, `${what}: JIT`);
  const dispatched = traceOf((options) => createJit({ ...options, dispatch: true }), program);
  assert.deepEqual(dispatched, expected, `${what}: JIT by br_table`);
}

suite("Interpreter and JIT agree", () => {
  test("on random programs that are safe", () => {
    for (let seed = 0; seed < 120; seed++) agree(prepare(randomProgram(seed)), `seed ${seed}`);
  });

  test("on random programs that nobody checked, whatever they do", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 400; seed++) {
      const program = prepare(randomSoup(seed, 24, [0x2000, 0x2100, 0xfffc, 0x1000]));
      agree(program, `seed ${seed}`);
      const trace = traceOf(createInterpreter, program) as { readonly error?: string };
      seen.add(trace.error?.split(":")[0] ?? "ran");
    }
    seen.delete("helper"); // a call through a register, which is rare
    // A test in which nothing goes wrong would say little.
    assert.deepEqual([...seen].toSorted(), ["depth", "fuel", "instruction", "memory", "ran"]);
  });

  test("on a loop with two entries, which has no structure", () => {
    const program = asm`
      r0 = 0
      r2 = 9
      if r1 > 100 goto second
      first:
      r0 += 1
      r2 += -1
      if r2 == 0 goto done
      second:
      r0 *= 3
      r2 += -1
      if r2 != 0 goto first
      done:
      exit`;
    agree(prepare(program), "two entries");
    const machine = createJit({ program: prepare(program), memory });
    let expected = 0;
    for (let left = 9; ;) {
      expected = Math.imul(expected, 3);
      if (--left === 0) break;
      expected += 1;
      if (--left === 0) break;
    }
    assert.equal(machine.run(101), expected >>> 0);
  });

  test("on a program of thousands of blocks, one inside the other", () => {
    const depth = 3000;
    const nested: Instruction[] = [];
    for (let index = 0; index < depth; index++) {
      nested.push({ opcode: 0x25, dst: 1, src: 0, offset: 1, imm: index });
      nested.push({ opcode: 0x05, dst: 0, src: 0, offset: 1, imm: 0 });
      nested.push({ opcode: 0x07, dst: 0, src: 0, offset: 0, imm: 1 });
    }
    const program = prepare([...nested, ...asm`exit`]);
    assert.equal(createInterpreter({ program, memory }).run(1234), 1234);
    assert.equal(createJit({ program, memory }).run(1234), 1234);
  });

  test("on calls through a register of helpers with every kind of result", () => {
    const program = prepare([
      ...asm`r6 = 100; r1 = 7`,
      { opcode: 0x8d, dst: 6, src: 0, offset: 0, imm: 0 },
      ...asm`r7 = r0; r6 = 101; r1 = -7`,
      { opcode: 0x8d, dst: 6, src: 0, offset: 0, imm: 0 },
      ...asm`r8 = r0; r1 = 0x500000002 ll; call 102; r0 += r7; r0 ^= r8; exit`,
    ]);
    const helpers: MachineOptions["helpers"] = new Map([
      [100, { name: "next", result: "u32", call: (_, a) => ~a }],
      [101, { name: "negative", result: "int", call: (_, a) => a }],
      [
        102,
        {
          name: "swap",
          result: "u64",
          wide: true,
          call: ({ memory: { words } }, a) => {
            const high = words[0x10 / 4] ?? 0;
            words[0x24 / 4] = a;
            return high;
          },
        },
      ],
    ]);
    const expected = BigInt.asUintN(64, (0x2_0000_0005n + 0xffff_fff8n) ^ -7n);
    for (const make of [createInterpreter, createJit]) {
      const machine = make({ program, memory, helpers });
      machine.run();
      assert.equal(machine.result(), expected);
    }
  });

  test("on what a trusted program computes, and leaving the memory still ends it", () => {
    for (let seed = 0; seed < 40; seed++) {
      const program = prepare(randomProgram(seed));
      const trusting = (options: MachineOptions): Machine =>
        createJit({ ...options, trusted: true });
      assert.deepEqual(traceOf(trusting, program), traceOf(createInterpreter, program));
    }
    const wild = prepare(asm`r1 = 0x7fffffff; r0 = *(u64 *)(r1 + 0); exit`);
    assert.throws(() => createJit({ program: wild, memory, trusted: true }).run(), {
      code: "memory",
      message:
        "Cannot run the program: it was compiled as trusted and left its memory (memory access out of bounds)",
    });
  });
});
