// Helpers that tell of a system, read its memory and write records: what a test gives is what programs get.
import assert from "node:assert/strict";
import { suite, test } from "node:test";

import { asm, HELPERS, mapSpec, type Instruction } from "@ocelli/bpf";

import { createInterpreter } from "../interpreter/interpreter.ts";
import { createJit } from "../jit/jit.ts";
import { userMap } from "../map/user.ts";
import { prepareProgram } from "../program/prepare.ts";
import { createSystem, type SystemOptions, type VmSystem } from "../system/system.ts";
import { helpersFor } from "./all.ts";

const KERNEL = 0xffff_8880_0000_1000n;

function makeSystem(options: SystemOptions = {}): VmSystem {
  return createSystem({
    processors: 2,
    nowNs: () => 5_000_000_007n,
    random: () => 0xfedc_ba98,
    task: {
      pid: 12,
      tgid: 10,
      uid: 1000,
      gid: 100,
      comm: "a name too long to fit",
      cgroupId: 77n,
      cgroups: [1n, 77n],
      address: KERNEL,
    },
    readMemory: (address, size, space) => {
      const text = Buffer.from("kernel text\0beyond");
      const offset = Number(address - KERNEL);
      if (space !== "kernel" || offset < 0 || offset + size > text.length) return undefined;
      return text.subarray(offset, offset + size);
    },
    stack: (space) => (space === "kernel" ? [11n, 22n, 33n] : [44n]),
    ...options,
  });
}

for (const make of [createInterpreter, createJit]) {
  suite(`Helpers in ${make === createJit ? "the JIT" : "the interpreter"}`, () => {
    const run = (
      system: VmSystem,
      program: readonly Instruction[],
      type: "kprobe" | "xdp" | "sched_cls" = "kprobe",
    ): bigint => {
      const prepared = prepareProgram(program);
      assert.ok(prepared.ok, JSON.stringify(prepared));
      const machine = make({
        program: prepared.value,
        memory: system.memory,
        helpers: helpersFor(system, type),
      });
      machine.run();
      return machine.result();
    };
    const call = (name: keyof typeof HELPERS): Instruction => ({
      opcode: 0x85,
      dst: 0,
      src: 0,
      offset: 0,
      imm: HELPERS[name],
    });
    const wide = (dst: number, value: bigint): Instruction => ({
      opcode: 0x18,
      dst,
      src: 0,
      offset: 0,
      imm: Number(BigInt.asIntN(32, value)),
      imm2: Number(BigInt.asIntN(32, value >> 32n)),
    });
    const stackText = (system: VmSystem, from: number, size: number): string =>
      Buffer.from(system.memory.bytes.subarray(0x2000 - from, 0x2000 - from + size)).toString(
        "latin1",
      );

    test("tell time, randomness, processor and task", () => {
      const system = makeSystem();
      system.setProcessor(1);
      const results = (
        [
          "ktime_get_ns",
          "jiffies64",
          "get_prandom_u32",
          "get_smp_processor_id",
          "get_current_pid_tgid",
          "get_current_uid_gid",
          "get_current_cgroup_id",
          "get_current_task",
        ] as const
      ).map((name) => run(system, [call(name), ...asm`exit`]));
      assert.deepEqual(results, [
        5_000_000_007n,
        1250n,
        0xfedc_ba98n,
        1n,
        (10n << 32n) | 12n,
        (100n << 32n) | 1000n,
        77n,
        KERNEL,
      ]);
      assert.throws(
        () => {
          system.setProcessor(2);
        },
        { message: "Cannot run on processor 2: there are 0 to 1" },
      );
      const comm = [...asm`r1 = r10; r1 += -16; r2 = 16`, call("get_current_comm"), ...asm`exit`];
      assert.equal(run(system, comm), 0n);
      assert.equal(stackText(system, 16, 16), "a name too long\0");
      const ancestor = [...asm`r1 = 1`, call("get_current_ancestor_cgroup_id"), ...asm`exit`];
      assert.equal(run(system, ancestor), 77n);
    });

    test("read given memory, zero what faults and cut texts", () => {
      const system = makeSystem();
      const read = (name: keyof typeof HELPERS, size: number, address: bigint): bigint =>
        BigInt.asIntN(
          64,
          run(system, [
            ...asm`r1 = r10; r1 += -16; r2 = ${size}`,
            wide(3, address),
            call(name),
            ...asm`exit`,
          ]),
        );
      assert.equal(read("probe_read_kernel", 6, KERNEL + 7n), 0n);
      assert.equal(stackText(system, 16, 6), "text\0b");
      assert.equal(read("probe_read_kernel_str", 16, KERNEL), 12n);
      assert.equal(stackText(system, 16, 12), "kernel text\0");
      assert.equal(read("probe_read_str", 5, KERNEL), 5n);
      assert.equal(stackText(system, 16, 5), "kern\0");
      assert.equal(read("probe_read_kernel", 8, KERNEL + 100n), -14n);
      assert.equal(stackText(system, 16, 8), "\0\0\0\0\0\0\0\0");
      assert.equal(read("probe_read_user", 4, KERNEL), -14n);
      assert.equal(read("probe_read_kernel", 4, 8n), -34n);
    });

    test("print, output records, keep stacks and record redirections", () => {
      const system = makeSystem();
      const { memory } = system;
      const perf = system.addMap(
        mapSpec({ name: "perf", type: "perf_event_array", maxEntries: 0 }),
      );
      const stacks = system.addMap(
        mapSpec({ name: "stacks", type: "stack_trace", valueSize: 24, maxEntries: 8 }),
      );
      const devices = system.addMap(mapSpec({ name: "devices", type: "devmap", maxEntries: 2 }));
      const handle = (map: typeof perf): bigint => BigInt(system.handleOf(map));
      const format = memory.allocate(16);
      memory.bytes.set(Buffer.from("%d of %s: %llx\0"), format);
      const word = memory.allocate(8);
      memory.bytes.set(Buffer.from("word\0"), word);
      const print = [
        wide(1, BigInt(format)),
        ...asm`r2 = 15; r3 = -3`,
        wide(4, BigInt(word)),
        wide(5, 0xfedc_ba98_7654_3210n),
        call("trace_printk"),
        ...asm`exit`,
      ];
      assert.equal(run(system, print), 28n);
      assert.deepEqual(system.printed, ["-3 of word: fedcba9876543210"]);

      const output = (flags: bigint): bigint =>
        BigInt.asIntN(
          64,
          run(system, [
            ...asm`*(u64 *)(r10 - 8) = 7; r4 = r10; r4 += -8; r5 = 8`,
            wide(2, handle(perf)),
            wide(3, flags),
            call("perf_event_output"),
            ...asm`exit`,
          ]),
        );
      assert.deepEqual(
        [output(0xffff_ffffn), output(0n), output(1n), output(5n), output(1n << 60n)],
        [0n, 0n, -95n, -7n, -22n],
      );
      assert.deepEqual(
        perf.records?.map(({ processor, bytes }) => [processor, bytes[0], bytes.length]),
        [
          [0, 7, 8],
          [0, 7, 8],
        ],
      );

      const keep = (flags: number): bigint =>
        run(system, [
          wide(2, handle(stacks)),
          ...asm`r3 = ${flags}`,
          call("get_stackid"),
          ...asm`exit`,
        ]);
      const id = keep(0);
      assert.equal(keep(0), id);
      const kept = userMap(stacks)
        .entries()
        .map(([key, value]) => [BigInt(key[0] ?? 0), Array.from(new BigUint64Array(value.buffer))]);
      assert.deepEqual(kept, [[id, [11n, 22n, 33n]]]);
      assert.equal(BigInt.asIntN(64, keep(1 << 12)), -22n);

      userMap(devices).update(Uint8Array.of(1, 0, 0, 0), Uint8Array.of(9, 0, 0, 0));
      const redirect = (key: number, flags: number): bigint =>
        run(
          system,
          [
            wide(1, handle(devices)),
            ...asm`r2 = ${key}; r3 = ${flags}`,
            call("redirect_map"),
            ...asm`exit`,
          ],
          "xdp",
        );
      assert.deepEqual([redirect(1, 2), redirect(0, 2), redirect(1, 64)], [4n, 2n, 0n]);
      assert.deepEqual(system.redirections, [{ kind: "map", target: 1, flags: 2, map: "devices" }]);
    });
  });
}
