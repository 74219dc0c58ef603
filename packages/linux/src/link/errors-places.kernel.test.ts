import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ProgramType } from "@ocelli/bpf";
import { countingProgram, kernelTest, refusingKernel, sentenceOf } from "@ocelli/testkit";

import { ERRNO } from "../port/errno.ts";
import { openKernel } from "../port/koffi.ts";
import { Program } from "../program/program.ts";
import { anchorFields } from "./anchor.ts";
import { groupLinks } from "./group.ts";
import { readIterator } from "./iterator.ts";
import { attachKprobeMulti } from "./kprobe-multi.ts";
import { attachKprobe } from "./kprobe.ts";
import { attachLirc } from "./lirc.ts";
import { plainLink } from "./plain-link.ts";
import { queryPrograms } from "./query.ts";
import { attachRawTracepoint } from "./raw-tracepoint.ts";
import { attachPerfEvent } from "./sampling.ts";
import { attachSocketFilter } from "./socket-filter.ts";
import { mountTracefs } from "./tracefs.ts";
import { attachTracepoint } from "./tracepoint.ts";
import { attachUprobe } from "./uprobe.ts";

const real = openKernel();
const ENABLE = 0x2400;
const SET_BPF = 0x40042408;

/** Runs `act` with a program of one type that calls itself another, in a kernel of its own. */
function as(
  type: ProgramType,
  act: (program: Program) => unknown,
  kernel = real,
  loaded: ProgramType = type,
): string {
  using counting = countingProgram(loaded);
  return sentenceOf(() => act(new Program(kernel, counting.program.fd, { name: "p", type })));
}

const ioctl = (request: number, errno: number) =>
  refusingKernel({
    calls: { ioctl: (_, asked) => (asked === request ? -errno : undefined) },
  });

const plain = plainLink({
  kind: "lirc",
  target: "the hook",
  outlives: false,
  whyNoPin: "there is no link",
  release() {
    // Nothing was attached.
  },
});

const sample = (program: Program) =>
  attachPerfEvent(program, {
    event: "cpu-clock",
    every: { period: 1_000_000 },
    cpus: [0],
    via: "ioctl",
  });

const FAILURES: readonly [what: string, act: () => string, says: string][] = [
  [
    "an anchor that is no link of the kernel",
    () => sentenceOf(() => anchorFields({ before: plain })),
    "invalid: Cannot use the hook as an anchor: it was attached without a link of the kernel",
  ],
  [
    "a pin for several links",
    () =>
      sentenceOf(() => {
        groupLinks("perf_event", "samples", [plain, plain]).pin("/sys/fs/bpf/x");
      }),
    'unsupported: Cannot pin samples as "/sys/fs/bpf/x": it consists of 2 links; pin each of "links" under a path of its own',
  ],
  [
    "a pin without a link",
    () =>
      sentenceOf(() => {
        plain.pin("/x");
      }),
    'unsupported: Cannot pin the hook as "/x": there is no link',
  ],
  [
    "an update of a hook that takes none",
    () =>
      as("xdp", (program) => {
        plain.update(program);
      }),
    'unsupported: Cannot swap the program of the hook for "p": this hook takes no updates; attach it on its own and dispose of this link',
  ],
  [
    "an update of what was detached",
    () => {
      const link = plainLink({
        kind: "lirc",
        target: "the hook",
        outlives: false,
        whyNoPin: "",
        release() {
          // Nothing was attached.
        },
      });
      link.detach();
      return as("xdp", (program) => {
        link.update(program);
      });
    },
    "closed: Cannot swap the program of the hook: it was detached",
  ],
  [
    "reading what is no iterator and no link",
    () => sentenceOf(() => readIterator(real, plain)),
    "invalid: Cannot read the hook: it is no iterator's link",
  ],
  [
    "reading a link that is no iterator's",
    () =>
      as("raw_tracepoint", (program) => {
        using link = attachRawTracepoint(program, { tracepoint: "sys_exit" });
        readIterator(real, link);
      }),
    'invalid: Cannot read raw tracepoint "sys_exit": it is no iterator\'s link (EINVAL)',
  ],
  [
    "an infrared receiver that is not there",
    () => as("lirc_mode2", (p) => attachLirc(p, { device: "/dev/lirc77" }), real, "socket_filter"),
    'not-found: Cannot attach "p" to infrared receiver "/dev/lirc77": there is no such device; /dev/lirc* appear with a receiver and a kernel built with LIRC',
  ],
  [
    "an infrared receiver that is none",
    () => as("lirc_mode2", (p) => attachLirc(p, { device: "/dev/null" }), real, "socket_filter"),
    'invalid: Cannot attach "p" to infrared receiver "/dev/null": it is no infrared receiver, or the kernel is built without BPF_LIRC_MODE2 (EINVAL)',
  ],
  [
    "a query of a namespace that is not there",
    () =>
      sentenceOf(() =>
        queryPrograms(real, { kind: "netns", attachType: "sk_lookup", path: "/run/netns/no" }),
      ),
    'not-found: Cannot list the programs of sk_lookup on "/run/netns/no": there is no such file',
  ],
  [
    "a tracepoint whose event cannot be opened",
    () => {
      const kernel = refusingKernel({ calls: { perf_event_open: ERRNO.EMFILE } });
      return as(
        "tracepoint",
        (p) => attachTracepoint(p, { tracepoint: "raw_syscalls/sys_exit" }),
        kernel,
      );
    },
    'limit: Cannot attach "p" to tracepoint "raw_syscalls/sys_exit": this process has too many open files; raise `ulimit -n` (EMFILE)',
  ],
  [
    "a perf event that refuses the program",
    () => as("perf_event", sample, ioctl(SET_BPF, ERRNO.EEXIST)),
    'exists: Cannot attach "p" to samples of cpu-clock on CPU 0: EEXIST',
  ],
  [
    "a perf event that does not start",
    () => as("perf_event", sample, ioctl(ENABLE, ERRNO.EIO)),
    'system: Cannot attach "p" to samples of cpu-clock on CPU 0: its event does not start: EIO',
  ],
  [
    "a tracing file system that cannot be mounted",
    () =>
      sentenceOf(() => mountTracefs(refusingKernel({ calls: { fsopen: ERRNO.ENODEV } }), "Cannot")),
    "not-found: Cannot: the tracing file system is not mounted and cannot be mounted privately (ENODEV). Run as root: mount -t tracefs tracefs /sys/kernel/tracing",
  ],
  [
    "a kprobe at no place",
    () => as("kprobe", (p) => attachKprobe(p, { symbol: "vfs_read+here" })),
    'invalid: Cannot attach "p" to kernel function "vfs_read+here": a place is written as a function, or a function and an offset as in "vfs_read+0x8"',
  ],
  [
    "cookies that are too few",
    () =>
      as("kprobe", (p) =>
        attachKprobeMulti(p, { functions: { names: ["a", "b"] }, cookies: [1n] }),
      ),
    'invalid: Cannot attach "p" to kernel functions "a" and 1 more: there must be one cookie for each of 2 functions: there are 1',
  ],
  [
    "a place in a folder",
    () => as("kprobe", (p) => attachUprobe(p, { path: "/proc", at: "main" })),
    'not-found: Cannot attach "p" to "/proc:main": "/proc" cannot be read',
  ],
];

for (const [what, act, says] of FAILURES)
  kernelTest(`an error says what is wrong with ${what}`, {}, () => {
    assert.equal(act(), says);
  });

kernelTest("an error says what is wrong with reading an iterator", { needs: ["iter"] }, () => {
  const kernel = refusingKernel({ commands: { iter_create: ERRNO.EPERM } });
  const says = as("raw_tracepoint", (program) => {
    using link = attachRawTracepoint(program, { tracepoint: "sys_exit" });
    readIterator(kernel, link);
  });
  assert.equal(
    says,
    'permission: Cannot read raw tracepoint "sys_exit": all capabilities are there: a security module may refuse it (EPERM)',
  );
  const broken = refusingKernel({
    commands: { iter_create: -real.syscall("dup", 2) },
    calls: { read: ERRNO.EIO },
  });
  assert.equal(
    as("raw_tracepoint", (program) => {
      using link = attachRawTracepoint(program, { tracepoint: "sys_exit" });
      readIterator(broken, link);
    }),
    'system: Cannot read raw tracepoint "sys_exit": EIO',
  );
});

kernelTest("a link says why the kernel does not detach it", { needs: ["link_info"] }, () => {
  const kernel = refusingKernel({ commands: { link_detach: ERRNO.EBUSY } });
  assert.equal(
    as(
      "raw_tracepoint",
      (p) => {
        attachRawTracepoint(p, { tracepoint: "sys_exit" }).detach();
      },
      kernel,
    ),
    'busy: Cannot detach from raw tracepoint "sys_exit": EBUSY',
  );
});

kernelTest("attachSocketFilter() says which program a socket does not take", {}, () => {
  using filter = countingProgram("socket_filter", { name: "filter" });
  using other = countingProgram("xdp", { name: "other" });
  const kernel = refusingKernel({ calls: { setsockopt: ERRNO.EINVAL } });
  const program = new Program(kernel, filter.program.fd, { name: "filter", type: "socket_filter" });
  const file = openSync("/dev/null", "r");
  assert.deepEqual(
    [
      sentenceOf(() => attachSocketFilter(program, { socketFd: 0, reuseport: true })),
      sentenceOf(() => attachSocketFilter(filter.program, { socketFd: file })),
    ],
    [
      'invalid: Cannot attach "filter" to socket 0: the socket does not share its port: set SO_REUSEPORT first (EINVAL)',
      `system: Cannot attach "filter" to socket ${file}: this descriptor is no socket (ENOTSOCK)`,
    ],
  );
  closeSync(file);
  const fd = real.syscall("socket", 2, 2, 0);
  using link = attachSocketFilter(filter.program, { socketFd: fd });
  real.syscall("close", fd);
  assert.equal(
    sentenceOf(() => {
      link.update(other.program);
    }),
    `invalid: Cannot attach "other" to socket ${fd}: programs of type xdp are no socket filters (EINVAL)`,
  );
});

// An ELF file with one function symbol outside of what is executable, and nothing else.
function strayFunction(): Buffer {
  const file = Buffer.alloc(0x200);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(3, 16);
  file.writeUInt16LE(62, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(0x100n, 40);
  [64, 56, 0, 64, 3, 2].forEach((value, index) => file.writeUInt16LE(value, 52 + index * 2));
  const section = (index: number, type: number, at: number, size: number, link = 0): void => {
    const header = 0x100 + index * 64;
    file.writeUInt32LE(type, header + 4);
    file.writeBigUInt64LE(BigInt(at), header + 24);
    file.writeBigUInt64LE(BigInt(size), header + 32);
    file.writeUInt32LE(link, header + 40);
    file.writeBigUInt64LE(type === 2 ? 24n : 0n, header + 56);
  };
  section(1, 2, 0x80, 48, 2);
  section(2, 3, 0xc0, 8);
  file.write("\0stray\0\0", 0xc0);
  file.writeUInt32LE(1, 0x80 + 24);
  file.writeUInt8(2, 0x80 + 28); // STT_FUNC
  file.writeUInt16LE(1, 0x80 + 30);
  file.writeBigUInt64LE(0x1000n, 0x80 + 32);
  return file;
}

kernelTest("attachUprobe() says what is wrong with a file's functions", {}, () => {
  const folder = mkdtempSync(join(tmpdir(), "ocelli-stray-"));
  try {
    const stray = join(folder, "stray");
    const bare = join(folder, "bare");
    writeFileSync(stray, strayFunction());
    const stripped = strayFunction();
    stripped.writeUInt32LE(1, 0x100 + 64 + 4);
    writeFileSync(bare, stripped);
    const attempt = (path: string) => as("kprobe", (p) => attachUprobe(p, { path, at: "stray" }));
    assert.deepEqual(
      [attempt(stray), attempt(bare)],
      [
        `invalid: Cannot attach "p" to "${stray}:stray": function "stray" of "${stray}" lies in no executable part of the file`,
        `not-found: Cannot attach "p" to "${bare}:stray": "${bare}": it has no symbols; give an offset, or install its debug symbols`,
      ],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
