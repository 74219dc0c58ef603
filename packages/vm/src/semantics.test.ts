// Arithmetic and branches of every engine against a model in BigInt that is slow and plainly right.
import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { constant64, type Instruction } from "@ocelli/bpf";
import * as fc from "fast-check";

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

type Model = (a: bigint, b: bigint, bits: 32 | 64) => bigint;

const signed = (value: bigint, bits: number): bigint => BigInt.asIntN(bits, value);
const amount = (value: bigint, bits: 32 | 64): bigint => value & BigInt(bits - 1);

// High nibble of the opcode and the offset, to what happens to two operands that are cut to the width.
const ALU: Readonly<Record<string, [code: number, offset: number, model: Model]>> = {
  add: [0x00, 0, (a, b) => a + b],
  sub: [0x10, 0, (a, b) => a - b],
  mul: [0x20, 0, (a, b) => a * b],
  div: [0x30, 0, (a, b) => (b === 0n ? 0n : a / b)],
  sdiv: [0x30, 1, (a, b, bits) => (b === 0n ? 0n : signed(a, bits) / signed(b, bits))],
  or: [0x40, 0, (a, b) => a | b],
  and: [0x50, 0, (a, b) => a & b],
  lsh: [0x60, 0, (a, b, bits) => a << amount(b, bits)],
  rsh: [0x70, 0, (a, b, bits) => a >> amount(b, bits)],
  mod: [0x90, 0, (a, b) => (b === 0n ? a : a % b)],
  smod: [0x90, 1, (a, b, bits) => (b === 0n ? a : signed(a, bits) % signed(b, bits))],
  xor: [0xa0, 0, (a, b) => a ^ b],
  mov: [0xb0, 0, (_, b) => b],
  movsx8: [0xb0, 8, (_, b) => signed(b, 8)],
  movsx16: [0xb0, 16, (_, b) => signed(b, 16)],
  arsh: [0xc0, 0, (a, b, bits) => signed(a, bits) >> amount(b, bits)],
};

const JUMPS: Readonly<
  Record<string, [code: number, model: (...args: Parameters<Model>) => boolean]>
> = {
  jeq: [0x10, (a, b) => a === b],
  jgt: [0x20, (a, b) => a > b],
  jge: [0x30, (a, b) => a >= b],
  jset: [0x40, (a, b) => (a & b) !== 0n],
  jne: [0x50, (a, b) => a !== b],
  jsgt: [0x60, (a, b, bits) => signed(a, bits) > signed(b, bits)],
  jsge: [0x70, (a, b, bits) => signed(a, bits) >= signed(b, bits)],
  jlt: [0xa0, (a, b) => a < b],
  jle: [0xb0, (a, b) => a <= b],
  jslt: [0xc0, (a, b, bits) => signed(a, bits) < signed(b, bits)],
  jsle: [0xd0, (a, b, bits) => signed(a, bits) <= signed(b, bits)],
};

const interesting = [0n, 1n, 2n, 7n, 31n, 32n, 33n, 63n, 64n, 0x7fn, 0x80n, 0xffffn, 0x8000n];
const edges = interesting.flatMap((value) => [
  value,
  -value,
  value << 31n,
  (value << 32n) - 1n,
  value << 53n,
  1n << 63n,
]);
const operand = fc
  .oneof(fc.constantFrom(...edges), fc.bigInt(0n, (1n << 64n) - 1n), fc.bigInt(0n, 1n << 54n))
  .map((value) => BigInt.asUintN(64, value));

const memory = createMemory({ size: 1 << 16 });

function insn(opcode: number, dst: number, src: number, offset: number, imm: number): Instruction {
  return { opcode, dst, src, offset, imm };
}

function wide(dst: number, value: bigint): Instruction {
  const imm = Number(BigInt.asIntN(32, value));
  const imm2 = Number(BigInt.asIntN(32, value >> 32n));
  return { opcode: 0x18, dst, src: 0, offset: 0, imm, imm2 };
}

const EXIT = insn(0x95, 0, 0, 0, 0);

function result(engine: string, instructions: readonly Instruction[]): bigint {
  const program = prepareProgram(instructions);
  assert.ok(program.ok, JSON.stringify(program));
  const machine = ENGINES[engine]?.({ program: program.value, memory });
  assert.ok(machine !== undefined);
  const low = machine.run();
  const whole = machine.result();
  assert.equal(BigInt(low), BigInt.asUintN(32, whole));
  return whole;
}

// Engines that compile take longer to make a program than to run it, so one program computes many results.
function results(engine: string, bodies: readonly (readonly Instruction[])[]): bigint[] {
  const address = memory.allocate(bodies.length * 8);
  const program = bodies.flatMap((body, index) => [
    ...body,
    wide(9, BigInt(address + index * 8)),
    insn(0x7b, 9, 0, 0, 0),
  ]);
  result(engine, [...program, EXIT]);
  const found = bodies.map((_, index) => memory.view.getBigUint64(address + index * 8, true));
  memory.release(address);
  return found;
}

for (const engine of Object.keys(ENGINES)) {
  suite(`The ${engine}`, () => {
    for (const bits of [64, 32] as const) {
      for (const [name, [code, offset, model]] of Object.entries(ALU)) {
        test(`computes ${name} of ${bits} bits by register and by immediate`, () => {
          const pairs = fc.sample(fc.tuple(operand, operand), { numRuns: 200, seed: 7 });
          const byRegister = pairs.map(([a, b]) => [
            wide(0, a),
            wide(1, b),
            insn(code | 8 | (bits === 64 ? 7 : 4), 0, 1, offset, 0),
          ]);
          const byImmediate = pairs.map(([a, b]) => [
            wide(0, a),
            insn(code | (bits === 64 ? 7 : 4), 0, 0, offset, Number(BigInt.asIntN(32, b))),
          ]);
          const cut = (value: bigint): bigint => BigInt.asUintN(bits, value);
          assert.deepEqual(
            results(engine, byRegister),
            pairs.map(([a, b]) => cut(model(cut(a), cut(b), bits))),
          );
          // There is no sign-extending move of an immediate.
          if (name.startsWith("movsx")) return;
          assert.deepEqual(
            results(engine, byImmediate),
            pairs.map(([a, b]) => cut(model(cut(a), cut(BigInt.asIntN(32, b)), bits))),
          );
        });
      }
      for (const [name, [code, model]] of Object.entries(JUMPS)) {
        test(`takes ${name} of ${bits} bits when it holds, by register and by immediate`, () => {
          const some = fc.sample(fc.tuple(operand, operand), { numRuns: 150, seed: 8 });
          const pairs = [...some, ...some.map(([a]): [bigint, bigint] => [a, a])];
          const kind = bits === 64 ? 5 : 6;
          const cut = (value: bigint): bigint => BigInt.asUintN(bits, value);
          const body = (a: bigint, jump: Instruction): Instruction[] => [
            wide(2, a),
            insn(0xb7, 0, 0, 0, 1),
            jump,
            insn(0xb7, 0, 0, 0, 0),
          ];
          const registers = pairs.map(([a, b]) => [
            wide(1, b),
            ...body(a, insn(code | 8 | kind, 2, 1, 1, 0)),
          ]);
          const immediates = pairs.map(([a, b]) =>
            body(a, insn(code | kind, 2, 0, 1, Number(BigInt.asIntN(32, b)))),
          );
          assert.deepEqual(
            results(engine, registers),
            pairs.map(([a, b]) => (model(cut(a), cut(b), bits) ? 1n : 0n)),
          );
          assert.deepEqual(
            results(engine, immediates),
            pairs.map(([a, b]) => (model(cut(a), cut(BigInt.asIntN(32, b)), bits) ? 1n : 0n)),
          );
        });
      }
    }

    test("negates, sign-extends words and turns bytes around", () => {
      const values = fc.sample(operand, { numRuns: 200, seed: 9 });
      const swap = (value: bigint, bytes: number): bigint =>
        BigInt(
          `0x${Buffer.from(value.toString(16).padStart(16, "0"), "hex")
            .subarray(8 - bytes)
            .reverse()
            .toString("hex")}`,
        );
      const cases: [Instruction, (value: bigint) => bigint][] = [
        [insn(0x87, 0, 0, 0, 0), (value) => -value],
        [insn(0x84, 0, 0, 0, 0), (value) => BigInt.asUintN(32, -value)],
        [insn(0xbf, 0, 0, 32, 0), (value) => signed(value, 32)],
        [insn(0xdc, 0, 0, 0, 16), (value) => swap(value, 2)],
        [insn(0xdc, 0, 0, 0, 32), (value) => swap(value, 4)],
        [insn(0xdc, 0, 0, 0, 64), (value) => swap(value, 8)],
        [insn(0xd7, 0, 0, 0, 16), (value) => swap(value, 2)],
        [insn(0xd7, 0, 0, 0, 32), (value) => swap(value, 4)],
        [insn(0xd7, 0, 0, 0, 64), (value) => swap(value, 8)],
        [insn(0xd4, 0, 0, 0, 16), (value) => BigInt.asUintN(16, value)],
        [insn(0xd4, 0, 0, 0, 32), (value) => BigInt.asUintN(32, value)],
        [insn(0xd4, 0, 0, 0, 64), (value) => value],
      ];
      for (const [instruction, model] of cases) {
        assert.deepEqual(
          results(
            engine,
            values.map((value) => [wide(0, value), instruction]),
          ),
          values.map((value) => BigInt.asUintN(64, model(value))),
        );
      }
    });

    test("loads and stores each width at any alignment, with and without sign", () => {
      const at = memory.allocate(32) + 3;
      for (let index = 0; index < 16; index++) memory.bytes[at + index] = 0x81 + index * 7;
      const loads: [number, bigint][] = [
        [0x71, BigInt(memory.view.getUint8(at + 5))],
        [0x69, BigInt(memory.view.getUint16(at + 5, true))],
        [0x61, BigInt(memory.view.getUint32(at + 5, true))],
        [0x79, memory.view.getBigUint64(at + 5, true)],
        [0x91, BigInt(memory.view.getInt8(at + 5))],
        [0x89, BigInt(memory.view.getInt16(at + 5, true))],
        [0x81, BigInt(memory.view.getInt32(at + 5, true))],
      ];
      for (const [opcode, expected] of loads) {
        for (const [base, offset] of [
          [at, 5],
          [at + 10, -5],
        ] as const) {
          assert.equal(
            result(engine, [wide(1, BigInt(base)), insn(opcode, 0, 1, offset, 0), EXIT]),
            BigInt.asUintN(64, expected),
          );
        }
      }
      const value = 0x8899_aabb_ccdd_eeffn;
      for (const [opcode, bytes] of [
        [0x73, 1],
        [0x6b, 2],
        [0x63, 4],
        [0x7b, 8],
      ] as const) {
        memory.bytes.fill(0, at, at + 16);
        result(engine, [wide(1, BigInt(at)), wide(2, value), insn(opcode, 1, 2, 1, 0), EXIT]);
        assert.equal(
          memory.view.getBigUint64(at, true),
          (BigInt.asUintN(bytes * 8, value) << 8n) & 0xffff_ffff_ffff_ffffn,
        );
        memory.bytes.fill(0, at, at + 16);
        result(engine, [wide(1, BigInt(at)), insn(opcode & ~1, 1, 0, 1, -2), EXIT]);
        assert.equal(
          memory.view.getBigUint64(at, true),
          BigInt.asUintN(64, BigInt.asUintN(bytes * 8, -2n) << 8n),
        );
      }
    });

    test("does every atomic operation of 32 and 64 bits", () => {
      const at = memory.allocate(16);
      const old = 0xfedc_ba98_7654_3210n;
      const operandValue = 0x8000_0001_9abc_def0n;
      const operations: [number, (a: bigint, b: bigint) => bigint][] = [
        [0x00, (a, b) => a + b],
        [0x40, (a, b) => a | b],
        [0x50, (a, b) => a & b],
        [0xa0, (a, b) => a ^ b],
        [0xe0, (_, b) => b],
      ];
      for (const bits of [32, 64] as const) {
        const cut = (value: bigint): bigint => BigInt.asUintN(bits, value);
        const opcode = bits === 64 ? 0xdb : 0xc3;
        const rest = bits === 64 ? 0n : (old >> 32n) << 32n;
        for (const [code, model] of operations) {
          for (const fetch of code === 0xe0 ? [1] : [0, 1]) {
            memory.view.setBigUint64(at, old, true);
            const after = result(engine, [
              wide(1, BigInt(at)),
              wide(0, operandValue),
              insn(opcode, 1, 0, 0, code | fetch),
              EXIT,
            ]);
            assert.equal(memory.view.getBigUint64(at, true), rest | cut(model(old, operandValue)));
            assert.equal(after, fetch === 1 ? cut(old) : operandValue);
          }
        }
        // The comparison of 32 bits looks at the lower half of r0 only.
        for (const [r0, hits] of [
          [cut(old), true],
          [cut(old) ^ 1n, false],
          [cut(old) | (1n << 63n), true],
        ] as const) {
          memory.view.setBigUint64(at, old, true);
          const after = result(engine, [
            wide(1, BigInt(at)),
            wide(0, r0),
            wide(2, operandValue),
            insn(opcode, 1, 2, 0, 0xf1),
            EXIT,
          ]);
          assert.equal(after, cut(old));
          assert.equal(memory.view.getBigUint64(at, true), hits ? rest | cut(operandValue) : old);
        }
      }
    });

    test("calls local functions, keeps r6 to r9, and gives each its own frame", () => {
      const program = [
        insn(0xb7, 6, 0, 0, 5),
        insn(0x7a, 10, 0, -8, 7), // *(u64 *)(r10 - 8) = 7
        insn(0xb7, 1, 0, 0, 3),
        insn(0x85, 0, 1, 0, 4),
        insn(0x79, 1, 10, -8, 0),
        insn(0x0f, 0, 6, 0, 0),
        insn(0x0f, 0, 1, 0, 0),
        EXIT,
        insn(0xb7, 6, 0, 0, 100),
        insn(0x7b, 10, 1, -8, 0),
        insn(0x79, 0, 10, -8, 0),
        EXIT,
      ];
      assert.equal(result(engine, program), 15n);
    });

    test("jumps far with gotol and moves 64 bits of a constant", () => {
      const value = 0x0123_4567_89ab_cdefn;
      const program = [insn(0x06, 0, 0, 0, 1), EXIT, wide(0, value), EXIT];
      assert.equal(result(engine, program), constant64(wide(0, value)));
    });
  });
}
