// Matrix: the newest kernel: sentences about systems that lack something.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

import { kernelTest } from "@ocelli/testkit";

/**
 * Runs a module in a process with mounts of its own, where a part of the system was put out of sight, and gives the
 * sentence that it ends with. `hide(folder, files)` covers a folder by files of its own.
 */
function withHidden(prepare: string, act: string): string {
  const from = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
    import { dirname } from "node:path";
    import { openKernel } from ${from("../port/koffi.ts")};
    import { Program } from ${from("../program/program.ts")};
    import { loadProgram } from ${from("../program/load.ts")};
    import { kernelTypes } from ${from("../collection/kernel-types.ts")};
    import { possibleCpus } from ${from("../cpu.ts")};
    import { attachCgroup } from ${from("./cgroup.ts")};
    import { attachKprobe } from ${from("./kprobe.ts")};
    import { attachKprobeMulti } from ${from("./kprobe-multi.ts")};
    import { attachPerfEvent } from ${from("./sampling.ts")};
    import { attachTracepoint } from ${from("./tracepoint.ts")};
    import { attachUprobe } from ${from("./uprobe.ts")};
    const kernel = openKernel();
    const text = (words) => new TextEncoder().encode(words + "\\0");
    const need = (result) => { if (result < 0) throw new Error("errno " + -result); };
    const CLONE_NEWNS = 0x20000, MS_REC_PRIVATE = 0x44000, MS_BIND = 0x1000;
    need(kernel.syscall("unshare", CLONE_NEWNS));
    need(kernel.syscall("mount", text("none"), text("/"), null, MS_REC_PRIVATE, null));
    function hide(folder, files) {
      need(kernel.syscall("mount", text("none"), text(folder), text("tmpfs"), 0, null));
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(folder + "/" + name), { recursive: true });
        writeFileSync(folder + "/" + name, content);
      }
    }
    function cover(file, content) {
      hide("/tmp", { covered: content });
      need(kernel.syscall("mount", text("/tmp/covered"), text(file), null, MS_BIND, null));
    }
    function program(type) {
      const bytes = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
      const { fd } = loadProgram(kernel, { type: "socket_filter", bytes });
      return new Program(kernel, fd, { name: "p", type });
    }
    const units = "/sys/bus/event_source/devices";
    const p = program(${act.includes("Perf") ? '"perf_event"' : act.includes("Tracepoint") ? '"tracepoint"' : act.includes("Cgroup") ? '"cgroup_sock"' : '"kprobe"'});
    ${prepare}
    try {
      ${act};
      console.log("nothing was thrown");
    } catch (error) {
      console.log((error.code ?? error.name) + ": " + error.message);
    }
    process.exit();
  `;
  // A process that gave up its rights could not write what it covered.
  const env = prepare.includes("setuid") ? { ...process.env, NODE_V8_COVERAGE: "" } : process.env;
  const child = spawnSync(
    process.execPath,
    ["--conditions=development", "--no-warnings", "--input-type=module", "--eval", script],
    { encoding: "utf8", cwd: import.meta.dirname, env },
  );
  assert.equal(child.stderr, "");
  return child.stdout.trim();
}

const FAILURES: readonly [what: string, prepare: string, act: string, says: string][] = [
  [
    "kprobes without their device",
    "hide(units, {})",
    'attachKprobe(p, { symbol: "vfs_read" })',
    'unsupported: Cannot attach "p" to kernel function "vfs_read": this kernel is built without kprobes (CONFIG_KPROBE_EVENTS), or /sys is not mounted. Use fentry, a tracepoint or a raw tracepoint',
  ],
  [
    "uprobes without their device",
    "hide(units, {})",
    "attachUprobe(p, { path: process.execPath, at: 64 })",
    'unsupported: Cannot attach "p" to "NODE:64": this kernel is built without uprobes (CONFIG_UPROBE_EVENTS), or /sys is not mounted',
  ],
  [
    "counters where uprobes have none",
    'hide(units, { "uprobe/type": "7\\n" })',
    "attachUprobe(p, { path: process.execPath, at: 64, counterOffset: 8 })",
    'unsupported: Cannot attach "p" to "NODE:64": counters of uprobes need Linux 4.20',
  ],
  [
    "processors in no known notation",
    'hide("/sys/devices/system/cpu", { online: "all\\n" })',
    'attachPerfEvent(p, { event: "cpu-clock", every: { period: 1000 } })',
    'system: Cannot parse the list of CPUs in /sys/devices/system/cpu/online: "all\n"',
  ],
  [
    "possible processors in no known notation",
    'hide("/sys/devices/system/cpu", { possible: "1-0\\n" })',
    "possibleCpus()",
    'system: Cannot parse the list of CPUs in /sys/devices/system/cpu/possible: "1-0\n"',
  ],
  [
    "a kernel without types",
    'hide("/sys/kernel/btf", {})',
    "kernelTypes().kernel",
    'unsupported: Cannot read the kernel\'s types from "/sys/kernel/btf/vmlinux": a kernel with CONFIG_DEBUG_INFO_BTF is needed, or types given in option "types"',
  ],
  [
    "a kernel's damaged types",
    'hide("/sys/kernel/btf", { vmlinux: "these are no types" })',
    "kernelTypes().kernel",
    'invalid: Cannot read the kernel\'s types of "vmlinux": error[btf-truncated] at byte 0: Cannot read BTF: 18 bytes are less than its header of 24. Give the whole .BTF section or the whole file of /sys/kernel/btf',
  ],
  [
    "a tracepoint whose number is hidden",
    'hide("/sys/kernel/tracing", { "events/sched/one/id": "1" }); process.umask(0); need(kernel.syscall("mount", text("none"), text("/sys/kernel/tracing/events/sched/one"), text("tmpfs"), 0, text("mode=0700"))); process.setgroups([]); process.setgid(65534); process.setuid(65534)',
    'attachTracepoint(p, { tracepoint: "sched/one" })',
    'permission: Cannot attach "p" to tracepoint "sched/one": its number in the tracing file system is not readable (EACCES). Run as root',
  ],
  [
    "a pattern without the list of functions",
    'hide("/sys/kernel/tracing", { "events/x/id": "1" })',
    'attachKprobeMulti(p, { functions: { pattern: "vfs_*" } })',
    'permission: Cannot attach "p" to kernel functions "vfs_*": the list of traceable functions cannot be read; give names instead of a pattern, or run as root on a kernel that is not locked down',
  ],
  [
    "a pattern that nothing fits",
    'hide("/sys/kernel/tracing", { "events/x/id": "1", available_filter_functions: "vfs_read\\n" }); cover("/proc/kallsyms", "ffffffff81000000 T vfs_read\\n")',
    'attachKprobeMulti(p, { functions: { pattern: "vfs_raed*" } })',
    'not-found: Cannot attach "p" to kernel functions "vfs_raed*": no traceable function fits this pattern; did you mean "vfs_read"?',
  ],
  [
    "a pattern where the kernel hides its addresses",
    'hide("/sys/kernel/tracing", { "events/x/id": "1", available_filter_functions: "vfs_read\\n" }); cover("/proc/kallsyms", "0000000000000000 T vfs_read\\n")',
    'attachKprobeMulti(p, { functions: { pattern: "vfs_*" } })',
    'permission: Cannot attach "p" to kernel functions "vfs_*": the kernel hides its addresses from this process; run as root with kernel.kptr_restrict below 2',
  ],
  [
    "cgroups where none are mounted",
    'cover("/proc/self/mounts", "")',
    'attachCgroup(p, { cgroup: "/nowhere" })',
    'not-found: Cannot attach "p" to cgroup "/nowhere" as cgroup_inet_sock_create: there is no such folder; cgroup v2 is not mounted: mount -t cgroup2 none /sys/fs/cgroup',
  ],
];

for (const [what, prepare, act, says] of FAILURES)
  kernelTest(`an error says what is wrong with ${what}`, {}, () => {
    assert.equal(withHidden(prepare, act), says.replace("NODE", process.execPath));
  });
