import assert from "node:assert/strict";

import { kernelTest } from "@ocelli/testkit";

import { openKernel } from "../port/koffi.ts";
import { openById, kernelIds, openProgramById } from "./ids.ts";
import { compiledCode, programInfo, translatedCode } from "./info.ts";
import { loadProgram } from "./load.ts";
import type { Program } from "./program.ts";
import { run } from "./run.ts";
import { enableStatistics } from "./statistics.ts";
import { readStream } from "./stream.ts";
import { createToken } from "./token.ts";

const load = (
  type: Parameters<typeof loadProgram>[1]["type"],
  hex: string,
  name: string,
  flags = 0,
): Program =>
  loadProgram(openKernel(), {
    type,
    bytes: Buffer.from(hex.replaceAll(" ", ""), "hex"),
    name,
    license: "GPL",
    flags,
  });
const PASS = "b700000002000000 9500000000000000"; // r0 = 2; exit
const SLEEPABLE = 16;

kernelTest("run() gives an XDP program's verdict, packet and time", { needs: ["xdp"] }, () => {
  using program = load("xdp", PASS, "pass");
  const data = new Uint8Array(64).fill(7);
  const result = run(program, { data, repeat: 100 });
  assert.deepEqual([result.returnValue, result.data], [2, data]);
  assert.ok(result.nsPerRun < 1_000_000);
});

kernelTest(
  "run() gives back the context of a syscall program",
  { needs: ["syscall_program"] },
  () => {
    // r2 = 5; *(u64 *)(r1 + 0) = r2; r0 = 0; exit
    using program = load(
      "syscall",
      "b702000005000000 7b21000000000000 b700000000000000 9500000000000000",
      "sets",
      SLEEPABLE,
    );
    const context = new Uint8Array(8);
    assert.deepEqual(run(program, { context }), {
      returnValue: 0,
      data: new Uint8Array(0),
      context: new Uint8Array([5, 0, 0, 0, 0, 0, 0, 0]),
      nsPerRun: 0,
    });
    assert.deepEqual(context, new Uint8Array(8));
  },
);

kernelTest(
  "run() runs a raw tracepoint program on a processor",
  { needs: ["raw_tracepoint"] },
  () => {
    // r0 = *(u64 *)(r1 + 8); exit
    using program = load("raw_tracepoint", "7910080000000000 9500000000000000", "second");
    const context = new Uint8Array(new BigUint64Array([1n, 41n]).buffer);
    assert.equal(run(program, { context, cpu: 0 }).returnValue, 41);
    assert.throws(() => run(program, { context, cpu: 4000 }), {
      code: "invalid",
      message:
        'Cannot run program "second" of type raw_tracepoint: processor 4000 is not online (ENXIO)',
    });
  },
);

kernelTest("run() says what a type takes", { needs: ["xdp"] }, () => {
  using program = load("sched_cls", PASS, "pass");
  assert.throws(() => run(program, { data: new Uint8Array(4) }), {
    code: "invalid",
    message:
      'Cannot run program "pass" of type sched_cls: this type takes a packet of 14 bytes or more, and a context whose unknown fields are zero: given are a packet of 4 bytes and no context (EINVAL)',
  });
  using perf = load("perf_event", "b700000000000000 9500000000000000", "sample");
  assert.throws(() => run(perf), {
    code: "unsupported",
    message:
      'Cannot run program "sample" of type perf_event: the kernel has no test run for this type (ENOTSUPP)',
  });
});

kernelTest("programInfo() counts runs while statistics are on", { needs: ["xdp"] }, () => {
  const kernel = openKernel();
  using program = load("xdp", PASS, "counted");
  {
    using _statistics = enableStatistics(kernel);
    run(program, { data: new Uint8Array(64), repeat: 10 });
  }
  const { id, tag, loadTimeNs, runTimeNs, compiledBytes, verifiedInstructions, runCount, ...rest } =
    programInfo(kernel, program.fd);
  assert.deepEqual(rest, {
    name: "counted",
    type: "xdp",
    typeNumber: 6,
    createdByUid: 0,
    mapIds: [],
    btfId: 0,
    attachBtfId: 0,
    attachBtfObjectId: 0,
    translatedBytes: translatedCode(kernel, program.fd).length,
    recursionMisses: 0n,
  });
  assert.match(tag, /^[0-9a-f]{16}$/);
  assert.equal(runCount, 10n);
  assert.ok(id > 0 && loadTimeNs > 0n && runTimeNs > 0n);
  assert.ok(verifiedInstructions === 2 || verifiedInstructions === 0);
  assert.equal(compiledCode(kernel, program.fd).length, compiledBytes);
});

kernelTest(
  "kernelIds() lists a loaded program, and openProgramById() opens it",
  { needs: ["xdp"] },
  () => {
    const kernel = openKernel();
    using program = load("xdp", PASS, "listed");
    const { id } = programInfo(kernel, program.fd);
    assert.ok([...kernelIds(kernel, "prog")].includes(id));
    using again = openProgramById(kernel, id);
    assert.deepEqual([again?.name, again?.type], ["listed", "xdp"]);
    assert.equal(openById(kernel, "prog", 0x7fff_ffff), undefined);
  },
);

kernelTest("readStream() gives nothing for a silent program", { needs: ["prog_stream"] }, () => {
  using program = load("xdp", PASS, "silent");
  assert.deepEqual([readStream(program, "stdout"), readStream(program, "stderr")], ["", ""]);
});

kernelTest("createToken() says that a directory is no bpffs", {}, () => {
  assert.throws(() => createToken(openKernel(), "/proc/self/nothing"), {
    code: "not-found",
    message: 'Cannot create a BPF token from "/proc/self/nothing": the directory cannot be opened',
  });
  assert.throws(() => createToken(openKernel(), "/proc"), {
    code: "unsupported",
    message:
      'Cannot create a BPF token from "/proc": it is no root of a bpffs, or the kernel is older than Linux 6.9 (EINVAL)',
  });
});
