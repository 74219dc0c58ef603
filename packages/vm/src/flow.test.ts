// What ends functions or leaves them in unusual ways: calls by address, may_goto, legacy packet loads, tail calls; the same in both engines.
import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { asm, type Instruction } from "@ocelli/bpf";

import { createPacket } from "./context/packet.ts";
import { fillSkb, allocateSkb } from "./context/skb.ts";
import { helpersFor } from "./helper/all.ts";
import { createInterpreter } from "./interpreter/interpreter.ts";
import { createJit } from "./jit/jit.ts";
import type { Machine, MachineOptions } from "./machine.ts";
import { prepareProgram, type PreparedProgram } from "./program/prepare.ts";
import { createSystem } from "./system/system.ts";

const ENGINES: Readonly<Record<string, (options: MachineOptions) => Machine>> = {
  interpreter: createInterpreter,
  jit: createJit,
  "jit by br_table": (options) => createJit({ ...options, dispatch: true }),
};

function prepare(instructions: readonly Instruction[]): PreparedProgram {
  const program = prepareProgram(instructions);
  assert.ok(program.ok, JSON.stringify(program));
  return program.value;
}

const callx = (dst: number): Instruction => ({ opcode: 0x8d, dst, src: 0, offset: 0, imm: 0 });
const address = (dst: number, distance: number): Instruction => ({
  opcode: 0x18,
  dst,
  src: 4,
  offset: 0,
  imm: distance,
  imm2: 0,
});
const mayGoto = (offset: number): Instruction => ({ opcode: 0xe5, dst: 0, src: 0, offset, imm: 0 });
const legacy = (opcode: number, imm: number, src = 0): Instruction => ({
  opcode,
  dst: 0,
  src,
  offset: 0,
  imm,
});

for (const [name, make] of Object.entries(ENGINES)) {
  suite(`In the ${name}`, () => {
    const system = createSystem();
    const { memory } = system;
    const run = (instructions: readonly Instruction[], r1 = 0, fuel?: number): Machine => {
      const machine = make({
        program: prepare(instructions),
        memory,
        helpers: helpersFor(system, "sched_cls"),
        ...(fuel === undefined ? {} : { fuel }),
      });
      machine.run(r1);
      return machine;
    };

    test("a call through a register calls the function whose address it holds, else a helper", () => {
      // slots: 0,1 address  2 r1  3 r6 4 callx  5 add  6 exit  7 function
      const program = [
        address(7, 6),
        ...asm`r1 = 40; r6 = 100`,
        callx(7),
        ...asm`r0 += r6; exit`,
        ...asm`r6 = 1; r0 = r1; r0 += 2; exit`,
      ];
      const machine = run(program, 0, 10);
      assert.equal(machine.result(), 142n);
      assert.equal(machine.fuelLeft(), 9);
      // get_smp_processor_id
      assert.equal(run([...asm`r7 = 8`, callx(7), ...asm`exit`]).result(), 0n);
      assert.throws(() => run([address(7, 2), ...asm`r7 += 1`, callx(7), ...asm`exit`]), {
        code: "helper",
      });
    });

    test("may_goto goes on 2^23 times in each function, then leaves the loop", () => {
      const loop = [...asm`r0 = 0`, mayGoto(2), ...asm`r0 += 1; goto -3`, ...asm`exit`];
      const machine = run(loop);
      assert.equal(machine.result(), 8_388_608n);
      assert.throws(() => run(loop, 0, 1000), { code: "fuel" });
    });

    test("legacy loads read the packet of r6, big-endian, and end the function with 0 behind it", () => {
      const place = allocateSkb(memory, 128);
      const frame = Uint8Array.from({ length: 60 }, (_, index) => index + 1);
      const packet = fillSkb(memory, place, frame, { ethernet: true });
      system.packets.set(place.context, packet);
      const load = (...instructions: readonly Instruction[]): bigint =>
        run([...asm`r6 = r1; r7 = 4`, ...instructions, ...asm`exit`], place.context).result();
      assert.equal(load(legacy(0x30, 3)), 4n);
      assert.equal(load(legacy(0x28, 12)), 0x0d0en);
      assert.equal(load(legacy(0x20, 0)), 0x01020304n);
      assert.equal(load(legacy(0x40, 2, 7)), 0x0708090an);
      assert.equal(load(legacy(0x20, -0x10_0000)), 0x0f101112n);
      assert.equal(load(legacy(0x20, -0x20_0000 + 6)), 0x0708090an);
      assert.equal(load(...asm`r0 = 9`, legacy(0x20, 57), ...asm`r0 = 9`), 0n);
      assert.equal(load(...asm`r0 = 9`, legacy(0x30, -5), ...asm`r0 = 9`), 0n);
      // A function that ends this way returns to its caller.
      const nested: Instruction[] = [
        { opcode: 0x85, dst: 0, src: 1, offset: 0, imm: 2 },
        ...asm`r0 += 5; exit`,
        ...asm`r6 = r1; r0 = 7`,
        legacy(0x30, 1000),
        ...asm`exit`,
      ];
      assert.equal(load(...nested), 5n);
      assert.throws(() => run([...asm`r6 = 0`, legacy(0x30, 0), ...asm`exit`]), { code: "helper" });
    });

    test("a tail call replaces the function that makes it, 33 times at most, and shares its fuel", () => {
      const jumps = system.addMap({
        name: "jumps",
        type: "prog_array",
        keySize: 4,
        valueSize: 4,
        maxEntries: 2,
        flags: 0,
        mapExtra: 0n,
        numaNode: 0,
        pinning: "none",
        keyTypeId: 0,
        valueTypeId: 0,
        entries: [],
        frozen: false,
        tags: [],
        section: "",
      });
      const handle = system.handleOf(jumps) | 0;
      const tail = (index: number): Instruction[] => [
        { opcode: 0x18, dst: 2, src: 0, offset: 0, imm: handle, imm2: 0 },
        ...asm`r3 = ${index}; call 12`,
      ];
      const counter = memory.allocate(8);
      const again = [
        ...asm`r6 = *(u64 *)(r1 + 0); r6 += 1; *(u64 *)(r1 + 0) = r6`,
        ...tail(0),
        ...asm`r0 = r6; exit`,
      ];
      const self = make({ program: prepare(again), memory, helpers: helpersFor(system, "xdp") });
      assert.ok(jumps.targets !== undefined);
      jumps.targets[0] = self;
      assert.equal(self.run(counter), 34);
      assert.equal(self.run(counter), 68);
      // From a function: its caller goes on. The first two calls fail: no such index, and nothing there.
      const caller: Instruction[] = [
        { opcode: 0x85, dst: 0, src: 1, offset: 0, imm: 2 },
        ...asm`r0 += 1000; exit`,
        ...asm`r9 = r1`,
        ...tail(5),
        ...asm`r1 = r9`,
        ...tail(1),
        ...asm`r1 = r9`,
        ...tail(0),
        ...asm`r0 = 0; exit`,
      ];
      memory.view.setUint32(counter, 0, true);
      const machine = run(caller, counter, 100);
      assert.equal(machine.result(), 1033n);
      assert.equal(machine.fuelLeft(), 100 - 1 - 33);
      assert.throws(() => run(caller, counter, 10), { code: "fuel" });
    });
  });
}

test("createPacket() keeps pointers and length of the context up to date", () => {
  const { memory } = createSystem();
  const context = memory.allocate(16);
  const buffer = memory.allocate(64);
  const packet = createPacket(
    memory,
    { data: 0, dataEnd: 4, dataMeta: 8, length: 12 },
    {
      kind: "skb",
      context,
      start: buffer,
      limit: buffer + 64,
      data: buffer + 8,
      end: buffer + 40,
    },
  );
  packet.data += 4;
  packet.sync();
  const words = [0, 4, 8, 12].map((offset) => memory.view.getUint32(context + offset, true));
  assert.deepEqual(words, [buffer + 12, buffer + 40, buffer + 8, 28]);
  assert.equal(packet.read(28, 1), undefined);
  assert.equal(packet.read(0, 28)?.length, 28);
});
