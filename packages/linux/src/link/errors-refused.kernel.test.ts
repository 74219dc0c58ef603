import assert from "node:assert/strict";
import { rmdirSync } from "node:fs";

import { mapSpec, readCollection, type ProgramType } from "@ocelli/bpf";
import {
  CLANG_PACKAGE,
  fixture,
  kernelTest,
  makeCgroup,
  refusingKernel,
  sentenceOf,
} from "@ocelli/testkit";

import { loadCollection } from "../collection/load.ts";

import type { Feature } from "../feature/table.ts";
import { createMap } from "../map/create.ts";
import { BpfMap } from "../map/map.ts";
import { ERRNO } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";
import { openKernel } from "../port/koffi.ts";
import { loadProgram } from "../program/load.ts";
import { Program } from "../program/program.ts";
import { attachCgroup } from "./cgroup.ts";
import { attachFreplace } from "./freplace.ts";
import { attachIterator } from "./iterator.ts";
import { attachKprobeMulti } from "./kprobe-multi.ts";
import type { Link } from "./link.ts";
import { attachNetfilter } from "./netfilter.ts";
import { attachNetkit } from "./netkit.ts";
import { attachSkLookup } from "./netns.ts";
import { openLinkById } from "./open.ts";
import { queryPrograms } from "./query.ts";
import { attachRawTracepoint } from "./raw-tracepoint.ts";
import { attachPerfEvent } from "./sampling.ts";
import { attachStructOps } from "./struct-ops.ts";
import { attachSockmap } from "./sockmap.ts";
import { attachTcx } from "./tcx.ts";
import { attachLsm, attachTracing } from "./tracing.ts";
import { attachUprobesAt } from "./uprobe-multi.ts";
import { attachXdp } from "./xdp.ts";

const real = openKernel();
const EXIT = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);

// A kernel gives these answers when hooks are full, taken, locked or built out: here one that runs well is made to.
type Errno = keyof typeof ERRNO;
type Attachment = (program: Program) => Link;

interface Hook {
  readonly name: string;
  readonly type: ProgramType;
  readonly needs: Feature;
  readonly attach: Attachment;
  readonly target: string;
  readonly command?: "link_create" | "raw_tracepoint_open";
  readonly says: readonly [errno: Errno, code: string, reason: string][];
}

const HOOKS: readonly Hook[] = [
  {
    name: "attachXdp()",
    type: "xdp",
    needs: "xdp_link",
    attach: (program) => attachXdp(program, { interface: "lo", mode: "drv", via: "link" }),
    target: 'XDP of interface "lo" in mode drv',
    says: [
      [
        "EEXIST",
        "exists",
        "an XDP program is there in another mode; take it off first, or use the same mode",
      ],
      [
        "EOPNOTSUPP",
        "unsupported",
        'the driver cannot do it in mode drv; mode "skb" works everywhere',
      ],
      [
        "EINVAL",
        "invalid",
        'the interface refuses the program in mode drv: it may need fragment support (section "xdp.frags") for its MTU, or another mode',
      ],
      ["EPERM", "permission", "all capabilities are there: a security module may refuse it"],
      ["EBADF", "invalid", ""],
    ],
  },
  {
    name: "attachTcx()",
    type: "sched_cls",
    needs: "tcx",
    attach: (program) => attachTcx(program, { interface: "lo", direction: "egress" }),
    target: 'egress of interface "lo"',
    says: [
      ["ENOENT", "not-found", "the anchor is not attached there"],
      ["EEXIST", "exists", "this program is attached there already"],
      ["ERANGE", "system", "64 programs are attached there already, which is the kernel's limit"],
      [
        "EINVAL",
        "invalid",
        "the kernel is built without tcx (CONFIG_NET_XGRESS), or the anchor does not fit",
      ],
    ],
  },
  {
    name: "attachNetkit()",
    type: "sched_cls",
    needs: "netkit",
    attach: (program) => attachNetkit(program, { interface: "lo", end: "peer" }),
    target: 'peer of netkit device "lo"',
    says: [
      ["ENXIO", "system", '"lo" is no netkit device'],
      ["EACCES", "permission", '"lo" is not the primary device of its pair'],
    ],
  },
  {
    name: "attachNetfilter()",
    type: "netfilter",
    needs: "netfilter",
    attach: (program) =>
      attachNetfilter(program, { family: "ipv6", hook: "input", priority: 3, defragment: true }),
    target: "netfilter ipv6 input with priority 3",
    says: [
      ["EAFNOSUPPORT", "system", "the kernel is built without netfilter for this family"],
      [
        "ENOENT",
        "not-found",
        "fragments can only be put together where the module nf_defrag is there: modprobe nf_defrag_ipv4",
      ],
      [
        "EOPNOTSUPP",
        "unsupported",
        "the kernel is built without what putting fragments together needs",
      ],
    ],
  },
  {
    name: "attachSkLookup()",
    type: "sk_lookup",
    needs: "sk_lookup",
    attach: (program) => attachSkLookup(program),
    target: "socket lookup of this network namespace",
    says: [
      ["EEXIST", "exists", "a program is attached there already; this hook takes one"],
      ["E2BIG", "limit", "a program is attached there already, and this hook takes no more"],
      ["EBUSY", "busy", "a program was attached there without a link; detach that first"],
    ],
  },
  {
    name: "attachIterator()",
    type: "tracing",
    needs: "iter",
    attach: (program) => attachIterator(program, { task: { tid: 1 } }),
    target: 'iterator ""',
    says: [
      [
        "EINVAL",
        "invalid",
        "the iterator does not take these options, or the map is of another type than it walks over",
      ],
      ["EACCES", "permission", "the program reads beyond the map's keys or values"],
      [
        "EBADF",
        "invalid",
        'it walks over a map that must be named with "map", or the folder is no cgroup v2',
      ],
      ["ESRCH", "not-found", "there is no such process or thread"],
      ["ENOENT", "not-found", "the kernel has no such iterator"],
      ["E2BIG", "limit", "these options need Linux 6.1"],
    ],
  },
  {
    name: "attachKprobeMulti()",
    type: "kprobe",
    needs: "kprobe_multi",
    attach: (program) => attachKprobeMulti(program, { functions: { addresses: [1n, 2n] } }),
    target: "kernel functions at 2 addresses",
    says: [
      [
        "EINVAL",
        "invalid",
        "the program was not loaded for it (sections kprobe.multi and kprobe.session), or an address is no function's start",
      ],
      ["EOPNOTSUPP", "unsupported", "the kernel is built without fprobes (CONFIG_FPROBE)"],
      ["E2BIG", "limit", "more than a million functions are asked for"],
      ["ENOENT", "not-found", "an address is no traceable function's start"],
      [
        "ESRCH",
        "not-found",
        "the kernel lacks one of these functions among those that can be traced",
      ],
    ],
  },
  {
    name: "attachUprobesAt()",
    type: "kprobe",
    needs: "uprobe_multi",
    attach: (program) =>
      attachUprobesAt(program, "uprobe_multi", '"/x:y"', "/x", { offsets: [1], atReturn: true }),
    target: '"/x:y"',
    says: [
      ["ESRCH", "not-found", "there is no process with this id"],
      ["ENOENT", "not-found", 'there is no file "/x"'],
      ["EBADF", "invalid", '"/x" is not a regular file'],
      ["E2BIG", "limit", "more than a million places are asked for"],
    ],
  },
  {
    name: "attachPerfEvent()",
    type: "perf_event",
    needs: "perf_event_link",
    attach: (program) =>
      attachPerfEvent(program, { event: "cpu-clock", every: { period: 1_000_000 }, cpus: [0] }),
    target: "samples of cpu-clock on CPU 0",
    says: [
      ["EPERM", "permission", "all capabilities are there: a security module may refuse it"],
      ["EEXIST", "exists", ""],
    ],
  },
  {
    name: "attachRawTracepoint()",
    type: "raw_tracepoint",
    needs: "raw_tracepoint",
    command: "raw_tracepoint_open",
    attach: (program) => attachRawTracepoint(program, { tracepoint: "sys_enter" }),
    target: 'raw tracepoint "sys_enter"',
    says: [
      ["EINVAL", "invalid", "the program reads more arguments than this tracepoint has"],
      ["EACCES", "permission", "the program reads more arguments than this tracepoint has"],
    ],
  },
  {
    name: "attachRawTracepoint() with a cookie",
    type: "raw_tracepoint",
    needs: "raw_tracepoint",
    command: "raw_tracepoint_open",
    attach: (program) => attachRawTracepoint(program, { tracepoint: "sys_enter", cookie: 1n }),
    target: 'raw tracepoint "sys_enter"',
    says: [
      ["EINVAL", "invalid", "cookies on raw tracepoints need Linux 6.10"],
      ["E2BIG", "limit", "cookies on raw tracepoints need Linux 6.10"],
    ],
  },
  {
    name: "attachTracing()",
    type: "tracing",
    needs: "tp_btf",
    command: "raw_tracepoint_open",
    attach: (program) => attachTracing(program),
    target: 'hook ""',
    says: [
      [
        "EBUSY",
        "busy",
        "the function is traced in a way that excludes a BPF trampoline (live patching or kprobes with IP modification)",
      ],
      [
        "E2BIG",
        "limit",
        "38 programs are attached to this function already, which is the kernel's limit",
      ],
    ],
  },
  {
    name: "attachLsm()",
    type: "lsm",
    needs: "lsm_sleepable",
    command: "raw_tracepoint_open",
    attach: (program) => attachLsm(program),
    target: 'LSM hook ""',
    says: [
      ["EBUSY", "busy", "the hook is taken"],
      [
        "E2BIG",
        "limit",
        "38 programs are attached to this hook already, which is the kernel's limit",
      ],
    ],
  },
  {
    name: "attachFreplace()",
    type: "ext",
    needs: "freplace",
    command: "raw_tracepoint_open",
    attach: (program) => attachFreplace(program),
    target: 'function ""',
    says: [
      ["EBUSY", "busy", "the function is replaced already"],
      ["EINVAL", "invalid", "the function's prototype differs, or it is not a global function"],
      ["ENOENT", "not-found", "the program was loaded for another function"],
    ],
  },
];

/** A program of any type in name, which lives in a kernel that refuses. */
function programOf(kernel: Kernel, type: ProgramType): Program {
  const program = loadProgram(real, { type: "socket_filter", bytes: EXIT, license: "GPL" });
  return new Program(kernel, program.fd, { name: "p", type });
}

for (const { name, type, needs, attach, target, command = "link_create", says } of HOOKS)
  kernelTest(`${name} says why a kernel refuses`, { needs: [needs] }, () => {
    const sentences = says.map(([errno]) => {
      const kernel = refusingKernel({ commands: { [command]: ERRNO[errno] } });
      using program = programOf(kernel, type);
      return sentenceOf(() => attach(program));
    });
    assert.deepEqual(
      sentences,
      says.map(
        ([errno, code, reason]) =>
          `${code}: Cannot attach "p" to ${target}: ${reason === "" ? errno : `${reason} (${errno})`}`,
      ),
    );
  });

kernelTest("attachCgroup() says why a kernel refuses", { needs: ["cgroup_link"] }, () => {
  const cgroup = makeCgroup("refused");
  try {
    const attempt = (errno: Errno, options: { expectedRevision?: bigint } = {}): string => {
      const kernel = refusingKernel({ commands: { link_create: ERRNO[errno] } });
      using program = programOf(kernel, "cgroup_sock");
      return sentenceOf(() => attachCgroup(program, { cgroup, ...options }));
    };
    const action = `Cannot attach "p" to cgroup "${cgroup}" as cgroup_inet_sock_create`;
    assert.deepEqual(
      [
        attempt("E2BIG"),
        attempt("ENOSPC"),
        attempt("EINVAL", { expectedRevision: 7n }),
        attempt("ESTALE", { expectedRevision: 7n }),
      ],
      [
        `limit: ${action}: 64 programs are attached there already, which is the kernel's limit (E2BIG)`,
        `limit: ${action}: 64 programs are attached there already, which is the kernel's limit (ENOSPC)`,
        `invalid: ${action}: anchors and revisions on cgroups need Linux 6.17 (EINVAL)`,
        `system: ${action}: the hook's programs have changed since the expected revision; query it again (ESTALE)`,
      ],
    );
  } finally {
    rmdirSync(cgroup);
  }
});

kernelTest("attachSockmap() says why a kernel refuses", {}, () => {
  const sockets = mapSpec({ name: "sockets", type: "sockmap", maxEntries: 2 });
  using map = createMap(real, sockets);
  const attempt = (via: "link" | "attach", errno: Errno): string => {
    const commands = { link_create: ERRNO[errno], prog_attach: ERRNO[errno] };
    using program = programOf(refusingKernel({ commands }), "sk_msg");
    return sentenceOf(() => attachSockmap(program, { map, via }));
  };
  const action = 'Cannot attach "p" to map "sockets" as sk_msg_verdict';
  assert.deepEqual(
    [
      attempt("link", "EBUSY"),
      attempt("link", "EINVAL"),
      attempt("attach", "EINVAL"),
      attempt("attach", "EOPNOTSUPP"),
      attempt("attach", "EBUSY"),
    ],
    [
      `busy: ${action}: a program is attached there already; this hook takes one (EBUSY)`,
      `invalid: ${action}: the program is for another hook, or the kernel has no links on sockmaps, which need Linux 6.10 (EINVAL)`,
      `invalid: ${action}: the program is for another hook (EINVAL)`,
      `unsupported: ${action}: a program that excludes this one is attached to the map (EOPNOTSUPP)`,
      `busy: ${action}: a program that excludes this one is attached to the map (EBUSY)`,
    ],
  );
});

kernelTest("openLinkById() and queryPrograms() say why a kernel refuses", {}, () => {
  const kernel = (errno: Errno): Kernel =>
    refusingKernel({ commands: { link_get_fd_by_id: ERRNO[errno], prog_query: ERRNO[errno] } });
  const query = (errno: Errno): string =>
    sentenceOf(() => queryPrograms(kernel(errno), { kind: "netns", attachType: "sk_lookup" }));
  const action = 'Cannot list the programs of sk_lookup on "/proc/thread-self/ns/net"';
  assert.deepEqual(
    [
      sentenceOf(() => openLinkById(kernel("EPERM"), 3)),
      query("EINVAL"),
      query("EBADF"),
      query("ENOSPC"),
      query("EPERM"),
    ],
    [
      "permission: Cannot open link 3: all capabilities are there: a security module may refuse it (EPERM)",
      `invalid: ${action}: the kernel does not know this hook there (EINVAL)`,
      `invalid: ${action}: this is not the kind of file that the hook belongs to (EBADF)`,
      `limit: ${action}: there are more than 64 programs (ENOSPC)`,
      `permission: ${action}: all capabilities are there: a security module may refuse it (EPERM)`,
    ],
  );
});

kernelTest(
  "attachStructOps() says why a kernel refuses",
  { needs: ["struct_ops_link"], tools: [CLANG_PACKAGE] },
  () => {
    const read = readCollection(fixture("link-struct-ops"));
    assert.ok(read.ok);
    using collection = loadCollection(read.value);
    const { fd } = collection.map("linked");
    const says = (["EINVAL", "EEXIST", "EBUSY"] as const).map((errno) => {
      const kernel = refusingKernel({ commands: { link_create: ERRNO[errno] } });
      return sentenceOf(() => attachStructOps(new BpfMap(kernel, fd, "linked")));
    });
    const action = 'Cannot register struct_ops "linked"';
    assert.deepEqual(says, [
      `invalid: ${action}: the map is not filled, or the kernel refuses the members' values (EINVAL)`,
      `exists: ${action}: an implementation of this name is registered already (EEXIST)`,
      `busy: ${action}: the kernel has this one in use (EBUSY)`,
    ]);
  },
);
