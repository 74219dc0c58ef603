import assert from "node:assert/strict";
import { readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { hostname, release } from "node:os";
import { basename } from "node:path";

import {
  applyCoreRelocations,
  encodeInstructions,
  formatDiagnostic,
  linkProgram,
  readBtf,
  readCollection,
  sizeOf,
  type Instruction,
  type Result,
} from "@ocelli/bpf";
import { CLANG_PACKAGE, fixture, kernelTest } from "@ocelli/testkit";
import koffi from "koffi";

import { compareReleases } from "../feature/table.ts";
import { createMap } from "../map/create.ts";
import { openKernel } from "../port/koffi.ts";
import { loadProgram } from "./load.ts";
import { run } from "./run.ts";

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

// The numbers of `struct result` in core-task.bpf.c, eight bytes each; 16, 72 and 64 bytes of text follow.
const NUMBERS =
  "pid tgid parent startBoottime resetOnFork processGroup session " +
  "netNamespace utsNamespace openFiles oomScoreAdjustment euid capabilities " +
  "umask state hasOldState hasNewState hasNonsense taskSize commSize " +
  "enumValue enumExists nonsenseEnumExists";

/** Runs the probe in this thread and gives what it read. */
function readTask(): Record<string, bigint | string> {
  const kernel = openKernel();
  const collection = value(readCollection(fixture("core-task")));
  const program = collection.programs.get("read_task");
  const spec = collection.maps.get("results");
  assert.ok(program !== undefined && spec !== undefined && collection.btf !== undefined);
  using map = createMap(kernel, { ...spec, keyTypeId: 0, valueTypeId: 0 });
  const types = value(readBtf(readFileSync("/sys/kernel/btf/vmlinux")));
  const linked: Instruction[] = [];
  for (const instruction of value(linkProgram(collection, program))) {
    const isMap = instruction.reference?.kind === "map";
    linked.push(isMap ? { ...instruction, imm: map.fd.value } : instruction);
  }
  const relocated = value(applyCoreRelocations(linked, collection.btf, { kernel: types }));
  const { type, name } = program;
  const bytes = value(encodeInstructions(relocated.instructions, { littleEndian: true }));
  using loaded = loadProgram(kernel, { type, name, bytes, license: "GPL" });
  assert.equal(run(loaded, { context: new Uint8Array(8) }).returnValue, 0);

  const result = Buffer.from(map.lookup(new Uint8Array(4)) ?? []);
  const text = (from: number, length: number): string =>
    result.toString("latin1", from, from + length).replace(/\0.*$/s, "");
  const numbers = NUMBERS.split(" ");
  const strings = numbers.length * 8;
  return {
    ...Object.fromEntries(numbers.map((name, i) => [name, result.readBigInt64LE(i * 8)])),
    comm: text(strings, 16),
    nodeName: text(strings + 16, 72),
    executable: text(strings + 88, 64),
  };
}

/** The same from /proc, which the kernel fills in without BTF. */
function readProc(resetOnFork: bigint): Record<string, bigint | string> {
  const read = (name: string): string => readFileSync(`/proc/self/${name}`, "utf8").trim();
  // Fields after the name in parentheses, which may hold anything; the first is the third of the file.
  const stat = read("stat")
    .replace(/^.*\) /s, "")
    .split(" ");
  const namespace = (name: string): bigint =>
    BigInt(/\d+/.exec(readlinkSync(`/proc/self/ns/${name}`))?.[0] ?? 0);
  const files = /^Max open files\s+(\S+)/m.exec(read("limits"))?.[1] ?? "";
  const capabilities = /^CapEff:\s+(\S+)/m.exec(read("status"))?.[1] ?? "";
  const types = value(readBtf(readFileSync("/sys/kernel/btf/vmlinux")));
  const isNew = compareReleases(release(), "5.14") >= 0;
  return {
    pid: BigInt(process.pid),
    tgid: BigInt(process.pid),
    parent: BigInt(process.ppid),
    startBoottime: BigInt(stat[19] ?? 0),
    resetOnFork,
    processGroup: BigInt(stat[2] ?? 0),
    session: BigInt(stat[3] ?? 0),
    netNamespace: namespace("net"),
    utsNamespace: namespace("uts"),
    openFiles: files === "unlimited" ? -1n : BigInt(files),
    oomScoreAdjustment: BigInt(read("oom_score_adj")),
    euid: BigInt(process.geteuid?.() ?? -1),
    capabilities: BigInt(`0x${capabilities}`),
    umask: BigInt(process.umask()),
    state: 0n,
    hasOldState: isNew ? 0n : 1n,
    hasNewState: isNew ? 1n : 0n,
    hasNonsense: 0n,
    taskSize: BigInt(sizeOf(types, types.idsByName("task_struct", "struct")[0] ?? 0) ?? 0),
    commSize: 16n,
    enumValue: 35n,
    enumExists: 1n,
    nonsenseEnumExists: 0n,
    comm: read("comm"),
    nodeName: hostname(),
    executable: basename(readlinkSync("/proc/self/exe")),
  };
}

kernelTest(
  "an object built against nobody's structs reads this task as /proc shows it",
  { tools: [CLANG_PACKAGE] },
  () => {
    const libc = koffi.load("libc.so.6");
    const setScheduler = libc.func("int sched_setscheduler(int, int, int *)");
    const adjustment = readFileSync("/proc/self/oom_score_adj", "utf8");
    const umask = process.umask(0o153);
    try {
      writeFileSync("/proc/self/oom_score_adj", "345");
      for (const resetOnFork of [1, 0]) {
        // SCHED_OTHER with and without SCHED_RESET_ON_FORK, which is one bit of the task.
        assert.equal(setScheduler(0, resetOnFork === 1 ? 0x4000_0000 : 0, [0]), 0);
        const task = readTask();
        // /proc counts in hundredths of a second.
        const startBoottime = BigInt(task["startBoottime"] ?? 0) / 10_000_000n;
        assert.deepEqual({ ...task, startBoottime }, readProc(BigInt(resetOnFork)));
      }
    } finally {
      writeFileSync("/proc/self/oom_score_adj", adjustment);
      process.umask(umask);
    }
  },
);
