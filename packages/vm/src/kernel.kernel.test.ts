// Matrix: the oldest and the newest kernel: arithmetic.
// The same programs in interpreter, JIT and kernel.
import assert from "node:assert/strict";

import { encodeInstructions, type Instruction } from "@ocelli/bpf";
import { loadProgram, openKernel, run as runInKernel } from "@ocelli/linux";
import { kernelTest, randomProgram, skipReason } from "@ocelli/testkit";

import { createInterpreter } from "./interpreter/interpreter.ts";
import { createJit } from "./jit/jit.ts";
import { createMemory } from "./memory/memory.ts";
import { prepareProgram } from "./program/prepare.ts";

const memory = createMemory({ size: 1 << 16 });
const packet = new Uint8Array(64);

/** The lower half of r0 in the kernel. */
function kernelResult(instructions: readonly Instruction[]): number {
  const encoded = encodeInstructions(instructions);
  assert.ok(encoded.ok);
  using program = loadProgram(openKernel(), {
    type: "socket_filter",
    bytes: encoded.value,
    license: "GPL",
  });
  return runInKernel(program, { data: packet }).returnValue;
}

function results(instructions: readonly Instruction[]): number[] {
  const program = prepareProgram(instructions);
  assert.ok(program.ok, JSON.stringify(program));
  return [createInterpreter, createJit].map((make) =>
    make({ program: program.value, memory }).run(),
  );
}

kernelTest(
  "Interpreter, JIT and kernel compute the same on random programs",
  { needs: ["atomics"] },
  () => {
    const level = skipReason({ needs: ["isa_v4"] }) === undefined ? 4 : 3;
    for (let seed = 0; seed < 150; seed++) {
      const program = randomProgram(seed, { level });
      const expected = kernelResult(program);
      assert.deepEqual(results(program), [expected, expected], `seed ${seed}`);
    }
  },
);
