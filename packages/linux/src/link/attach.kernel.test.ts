import assert from "node:assert/strict";

import type { ProgramType } from "@ocelli/bpf";
import { assertNoLeaks, countingProgram, kernelTest, type CountingOptions } from "@ocelli/testkit";

import { openKernel } from "../port/koffi.ts";
import { attach } from "./attach.ts";

const kernel = openKernel();

function named(
  section: string,
  type: ProgramType,
  options: CountingOptions = {},
): ReturnType<typeof countingProgram> {
  const attachTo = section.split("/").slice(1).join("/");
  return countingProgram(type, { name: "watch", attachTo, origin: { section }, ...options });
}

kernelTest("attach() goes by the section's name", {}, () =>
  assertNoLeaks((track) => {
    for (const [section, type, target] of [
      ["tp/raw_syscalls/sys_enter", "tracepoint", 'tracepoint "raw_syscalls/sys_enter"'],
      ["tracepoint/raw_syscalls/sys_exit", "tracepoint", 'tracepoint "raw_syscalls/sys_exit"'],
      ["raw_tp/sys_enter", "raw_tracepoint", 'raw tracepoint "sys_enter"'],
      ["uprobe/libc.so.6:syscall", "kprobe", '"libc.so.6:syscall"'],
      ["?uretprobe/libc.so.6:syscall", "kprobe", 'return of "libc.so.6:syscall"'],
      ["uprobe.s/libc.so.6:syscall+0x0", "kprobe", '"libc.so.6:syscall+0x0"'],
    ] as const) {
      using counting = named(section, type);
      using link = attach(counting.program);
      if (link.info() !== undefined) track(link);
      for (let i = 0; i < 10; i += 1) kernel.syscall("gettid");
      assert.deepEqual([link.target, counting.count() >= 10], [target, true]);
    }
  }),
);

kernelTest("attach() finds kernel functions and system calls", { needs: ["kprobe"] }, () => {
  for (const section of ["kprobe/vfs_read", "kretprobe/vfs_read", "ksyscall/read"]) {
    using counting = named(section, "kprobe");
    using link = attach(counting.program);
    process.getBuiltinModule("node:fs").readFileSync("/proc/self/stat");
    assert.deepEqual([link.kind, counting.count() > 0], ["kprobe", true]);
  }
});

kernelTest("attach() matches many functions", { needs: ["kprobe_multi"] }, () => {
  using counting = named("kprobe.multi/vfs_rea?", "kprobe", { attachType: "trace_kprobe_multi" });
  using link = attach(counting.program);
  process.getBuiltinModule("node:fs").readFileSync("/proc/self/stat");
  assert.deepEqual([link.kind, counting.count() > 0], ["kprobe_multi", true]);
});

kernelTest("attach() says which option is missing", {}, () =>
  assertNoLeaks(() => {
    for (const [section, type, message] of [
      [
        "tp",
        "tracepoint",
        'section "tp" does not say where; give the option "to", e.g. "sched/sched_switch"',
      ],
      [
        "kprobe",
        "kprobe",
        'section "kprobe" does not say where; give the option "to", e.g. "vfs_read"',
      ],
      [
        "uprobe/main",
        "kprobe",
        '"main" is no place in a file; write file and function, e.g. "libc.so.6:malloc"',
      ],
      [
        "usdt/a:b",
        "kprobe",
        '"a" is no place in a file; write file and function, e.g. "/usr/bin/python3:python:function__entry"',
      ],
      ["xdp", "xdp", 'a program of section "xdp" and type xdp needs the option "interface"'],
      [
        "tc",
        "sched_cls",
        'a program of section "tc" and type sched_cls needs the option "interface"',
      ],
      [
        "perf_event",
        "perf_event",
        'a program of section "perf_event" and type perf_event needs the option "sampling"',
      ],
      [
        "cgroup/skb",
        "cgroup_skb",
        'a program of section "cgroup/skb" and type cgroup_skb needs the option "cgroup"',
      ],
      [
        "action",
        "sched_act",
        "programs of type sched_act are not attached to a hook but named by a traffic filter: tc filter add … action bpf",
      ],
    ] as const) {
      using counting = named(section, type);
      assert.throws(() => attach(counting.program), {
        code: "invalid",
        message: `Cannot attach "watch": ${message}`,
      });
    }
  }),
);
