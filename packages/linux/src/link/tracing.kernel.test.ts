import assert from "node:assert/strict";
import { statSync } from "node:fs";

import { assertNoLeaks, countingProgram, kernelTest, kernelTypeId } from "@ocelli/testkit";

import { openKernel } from "../port/koffi.ts";
import { attachRawTracepoint } from "./raw-tracepoint.ts";
import { attachPerfEvent } from "./sampling.ts";
import { mountTracefs, openTracefs } from "./tracefs.ts";
import { attachTracepoint } from "./tracepoint.ts";
import { attachLsm, attachTracing } from "./tracing.ts";

const kernel = openKernel();

// Makes sys_enter and sys_exit fire.
function makeSystemCalls(): void {
  for (let i = 0; i < 10; i += 1) kernel.syscall("gettid");
}

kernelTest("attachTracepoint() runs the program until the link is disposed of", {}, () =>
  assertNoLeaks((track) => {
    using counting = countingProgram("tracepoint");
    const options = { tracepoint: "raw_syscalls/sys_enter" };
    const link = track(attachTracepoint(counting.program, options));
    assert.equal(link.target, 'tracepoint "raw_syscalls/sys_enter"');
    const info = link.info();
    if (info?.type === "perf_event" && info.event !== undefined)
      assert.deepEqual([info.event, info.name], ["tracepoint", "sys_enter"]);
    makeSystemCalls();
    assert.ok(counting.count() >= 10);
    link[Symbol.dispose]();
    const runs = counting.count();
    makeSystemCalls();
    assert.deepEqual([counting.count(), link.closed], [runs, true]);
  }),
);

kernelTest("attachTracepoint() does without a link when told to", {}, () =>
  assertNoLeaks(() => {
    using counting = countingProgram("tracepoint");
    const link = attachTracepoint(counting.program, {
      tracepoint: "raw_syscalls:sys_enter",
      via: "ioctl",
    });
    makeSystemCalls();
    assert.ok(counting.count() >= 10);
    assert.throws(
      () => {
        link.pin("/sys/fs/bpf/x");
      },
      {
        message:
          'Cannot pin tracepoint "raw_syscalls/sys_enter" as "/sys/fs/bpf/x": it was attached without a link of the kernel, which needs Linux 5.15',
      },
    );
    link.detach();
    const runs = counting.count();
    makeSystemCalls();
    assert.equal(counting.count(), runs);
  }),
);

kernelTest("attachTracepoint() names what it cannot find, and what is near", {}, () =>
  assertNoLeaks(() => {
    using counting = countingProgram("tracepoint", { name: "watch" });
    const attempt = (tracepoint: string) => () =>
      attachTracepoint(counting.program, { tracepoint });
    assert.throws(attempt("raw_syscals/sys_enter"), {
      code: "not-found",
      message:
        'Cannot attach "watch" to tracepoint "raw_syscals/sys_enter": this kernel has no category "raw_syscals"; did you mean "raw_syscalls"?',
    });
    assert.throws(attempt("raw_syscalls/sys_entr"), {
      code: "not-found",
      message:
        'Cannot attach "watch" to tracepoint "raw_syscalls/sys_entr": category "raw_syscalls" has no tracepoint "sys_entr"; did you mean "sys_enter"?',
    });
    assert.throws(attempt("sys_enter"), {
      code: "invalid",
      message:
        'Cannot attach "watch" to tracepoint "sys_enter/": a tracepoint is written as category and name, e.g. "sched/sched_switch"',
    });
    using other = countingProgram("socket_filter", { name: "filter" });
    assert.throws(() => attachTracepoint(other.program, { tracepoint: "raw_syscalls/sys_enter" }), {
      code: "invalid",
      message:
        'Cannot attach "filter" to tracepoint "raw_syscalls/sys_enter": it is a program of type socket_filter, tracepoint is needed',
    });
  }),
);

kernelTest("a tracepoint's cookie needs a link", { needs: ["cookie"] }, () => {
  using counting = countingProgram("tracepoint", { name: "watch" });
  const tracepoint = "raw_syscalls/sys_enter";
  using link = attachTracepoint(counting.program, { tracepoint, cookie: 7n });
  assert.equal(link.info()?.type, "perf_event");
  assert.throws(
    () => attachTracepoint(counting.program, { tracepoint, cookie: 7n, via: "ioctl" }),
    {
      code: "unsupported",
      message:
        'Cannot attach "watch" to tracepoint "raw_syscalls/sys_enter" with a cookie: cookies need a link, not an ioctl',
    },
  );
});

kernelTest("the tracing file system is mounted privately and goes without a trace", {}, () =>
  assertNoLeaks(() => {
    const tracefs = mountTracefs(kernel, "Cannot trace");
    assert.equal(tracefs.mounted, false);
    assert.ok(statSync(`${tracefs.path}/events/sched/sched_switch/id`).isFile());
    tracefs[Symbol.dispose]();
    assert.throws(() => statSync(`${tracefs.path}/events`));
    using found = openTracefs(kernel, "Cannot trace");
    assert.ok(statSync(`${found.path}/events`).isDirectory());
  }),
);

kernelTest("attachRawTracepoint() attaches by name alone", {}, () =>
  assertNoLeaks((track) => {
    using counting = countingProgram("raw_tracepoint", { name: "watch" });
    using link = track(attachRawTracepoint(counting.program, { tracepoint: "sys_enter" }));
    makeSystemCalls();
    assert.ok(counting.count() >= 10);
    const info = link.info();
    assert.deepEqual(info?.type === "raw_tracepoint" ? info.tracepoint : undefined, "sys_enter");
    assert.throws(
      () => attachRawTracepoint(counting.program, { tracepoint: "raw_syscalls/sys_enter" }),
      {
        code: "not-found",
        message:
          'Cannot attach "watch" to raw tracepoint "raw_syscalls/sys_enter": this kernel has no tracepoint of that name; give the name without its category, as in "sched_switch" (ENOENT)',
      },
    );
  }),
);

kernelTest("attachTracing() attaches a typed raw tracepoint", { needs: ["tp_btf"] }, () =>
  assertNoLeaks((track) => {
    using counting = countingProgram("tracing", {
      attachType: "trace_raw_tp",
      attachTo: "sys_enter",
      attachBtfId: kernelTypeId("btf_trace_sys_enter", "typedef"),
    });
    using link = track(attachTracing(counting.program));
    makeSystemCalls();
    assert.ok(counting.count() >= 10);
    assert.equal(link.target, 'typed tracepoint "sys_enter"');
    const second = countingProgram("raw_tracepoint", { name: "other" });
    assert.throws(
      () => {
        link.update(second.program);
      },
      {
        message:
          /^Cannot swap the program of typed tracepoint "sys_enter" for "other": the kernel cannot swap programs there, or "other" is of another type/,
      },
    );
    second[Symbol.dispose]();
  }),
);

kernelTest(
  "attachTracing() counts entries and exits of a kernel function",
  { needs: ["fentry"] },
  () =>
    assertNoLeaks((track) => {
      const attachBtfId = kernelTypeId("do_nanosleep", "func");
      const facts = { attachBtfId, attachTo: "do_nanosleep" } as const;
      using entry = countingProgram("tracing", { ...facts, attachType: "trace_fentry" });
      using exit = countingProgram("tracing", { ...facts, attachType: "trace_fexit" });
      using _entry = track(attachTracing(entry.program));
      using _exit = track(attachTracing(exit.program));
      sleep();
      assert.ok(entry.count() > 0 && exit.count() > 0);
    }),
);

kernelTest("attachLsm() runs on a security hook", { needs: ["lsm"] }, () =>
  assertNoLeaks((track) => {
    using counting = countingProgram("lsm", {
      attachType: "lsm_mac",
      attachTo: "file_open",
      attachBtfId: kernelTypeId("bpf_lsm_file_open", "func"),
    });
    using link = track(attachLsm(counting.program));
    assert.equal(link.target, 'LSM hook "file_open"');
    statSync("/");
    process.getBuiltinModule("node:fs").readFileSync("/proc/self/stat");
    assert.ok(counting.count() > 0);
  }),
);

function sleep(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  // Another process surely calls nanosleep(2).
  process.getBuiltinModule("node:child_process").spawnSync("sleep", ["0.01"]);
}

kernelTest("attachPerfEvent() samples every CPU by frequency", {}, () =>
  assertNoLeaks((track) => {
    using counting = countingProgram("perf_event");
    const group = attachPerfEvent(counting.program, {
      event: "cpu-clock",
      every: { frequency: 1000 },
    });
    for (const link of group.links) track(link);
    const end = performance.now() + 200;
    while (performance.now() < end) makeSystemCalls();
    group[Symbol.dispose]();
    const runs = counting.count();
    assert.ok(runs >= 20, `${runs} samples in 200 ms`);
    makeSystemCalls();
    assert.equal(counting.count(), runs);
  }),
);

kernelTest("attachPerfEvent() samples one process by period", {}, () =>
  assertNoLeaks(() => {
    using counting = countingProgram("perf_event");
    using group = attachPerfEvent(counting.program, {
      event: "cpu-clock",
      every: { period: 1_000_000 },
      pid: process.pid,
    });
    const end = performance.now() + 100;
    while (performance.now() < end) makeSystemCalls();
    assert.ok(counting.count() >= 10);
    assert.equal(group.links.length, 1);
  }),
);

kernelTest("attachPerfEvent() says what is wrong with the place", {}, () =>
  assertNoLeaks(() => {
    using counting = countingProgram("perf_event", { name: "sample" });
    const every = { frequency: 99 };
    assert.throws(
      () => attachPerfEvent(counting.program, { event: "cpu-clock", every, cpus: [0, 4000] }),
      { message: /^Cannot attach "sample" to samples of cpu-clock on CPU 4000: / },
    );
    assert.throws(
      () => attachPerfEvent(counting.program, { event: "cpu-clock", every, pid: 4_000_000 }),
      {
        code: "not-found",
        message:
          'Cannot attach "sample" to samples of cpu-clock: there is no process with this id (ESRCH)',
      },
    );
    assert.throws(
      () => attachPerfEvent(counting.program, { event: "cpu-clock", every, cgroup: "/nowhere" }),
      {
        code: "not-found",
        message:
          'Cannot attach "sample" to samples of cpu-clock: there is no cgroup folder "/nowhere"',
      },
    );
  }),
);
