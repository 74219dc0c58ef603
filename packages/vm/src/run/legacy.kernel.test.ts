// Legacy packet loads at random places, here and in the kernel.
import assert from "node:assert/strict";

import { asm, encodeInstructions, type Instruction } from "@ocelli/bpf";
import { loadProgram, openKernel, run as runInKernel } from "@ocelli/linux";
import { createRandom, kernelTest } from "@ocelli/testkit";

import { allocateSkb, fillSkb } from "../context/skb.ts";
import { helpersFor } from "../helper/all.ts";
import { createInterpreter } from "../interpreter/interpreter.ts";
import { createJit } from "../jit/jit.ts";
import { prepareProgram } from "../program/prepare.ts";
import { createSystem } from "../system/system.ts";

kernelTest("Legacy loads give what the kernel's give, at any offset", {}, () => {
  const random = createRandom(9);
  const system = createSystem();
  const { memory } = system;
  const place = allocateSkb(memory, 128);
  const frame = Uint8Array.from({ length: 74 }, (_, index) => (index * 37 + 1) & 0xff);
  const packet = fillSkb(memory, place, frame, { ethernet: false });
  system.packets.set(place.context, packet);
  const seen = new Set<boolean>();
  for (let round = 0; round < 120; round++) {
    const offset = random.pick([
      random.int(60),
      random.int(70),
      -0x10_0000 + random.int(70),
      -0x20_0000 + random.int(80),
      -1 - random.int(40),
      -0x30_0000,
    ]);
    const [opcode, isIndirect] = random.pick([
      [0x30, false],
      [0x28, false],
      [0x20, false],
      [0x50, true],
      [0x48, true],
      [0x40, true],
    ]);
    const split = isIndirect ? random.int(9) : 0;
    const load: Instruction = {
      opcode,
      dst: 0,
      src: isIndirect ? 7 : 0,
      offset: 0,
      imm: offset - split,
    };
    const program = [...asm`r6 = r1; r7 = ${split}; r0 = 1`, load, ...asm`r0 += 1; exit`];
    const encoded = encodeInstructions(program);
    assert.ok(encoded.ok);
    using loaded = loadProgram(openKernel(), {
      type: "socket_filter",
      bytes: encoded.value,
      license: "GPL",
    });
    const { returnValue } = runInKernel(loaded, { data: frame });
    const prepared = prepareProgram(program);
    assert.ok(prepared.ok);
    const options = {
      program: prepared.value,
      memory,
      helpers: helpersFor(system, "socket_filter"),
    };
    for (const make of [createInterpreter, createJit])
      assert.equal(
        make(options).run(place.context),
        returnValue,
        `0x${opcode.toString(16)} ${offset}`,
      );
    seen.add(returnValue === 0);
  }
  assert.equal(seen.size, 2);
});
