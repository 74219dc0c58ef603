import assert from "node:assert/strict";
import { release } from "node:os";

import type { AttachType, ProgramType } from "@ocelli/bpf";
import { kernelTest, refusingKernel, sentenceOf } from "@ocelli/testkit";

import { compareReleases } from "../feature/table.ts";
import { ERRNO } from "../port/errno.ts";
import { openKernel } from "../port/koffi.ts";
import { loadProgram } from "./load.ts";
import { Program } from "./program.ts";
import { run, type RunOptions } from "./run.ts";
import { readStream } from "./stream.ts";
import { createToken } from "./token.ts";

const real = openKernel();
const EXIT = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
const ALL = "all capabilities are there: a security module may refuse it";

type Errno = keyof typeof ERRNO;

function load(errno: Errno, type: ProgramType, attachType?: AttachType): string {
  const kernel = refusingKernel({ commands: { prog_load: ERRNO[errno] } });
  const origin = { section: "here" };
  const attach = attachType === undefined ? {} : { attachType };
  return sentenceOf(() => loadProgram(kernel, { type, bytes: EXIT, name: "p", origin, ...attach }));
}

function runAs(errno: Errno, type: ProgramType, options: RunOptions = {}): string {
  const kernel = refusingKernel({ commands: { prog_test_run: ERRNO[errno] } });
  using loaded = loadProgram(real, { type: "socket_filter", bytes: EXIT });
  return sentenceOf(() => run(new Program(kernel, loaded.fd, { name: "p", type }), options));
}

function stream(errno: Errno): string {
  const kernel = refusingKernel({ commands: { prog_stream_read_by_fd: ERRNO[errno] } });
  using loaded = loadProgram(real, { type: "socket_filter", bytes: EXIT });
  return sentenceOf(() =>
    readStream(new Program(kernel, loaded.fd, { name: "p", type: "xdp" }), "stderr"),
  );
}

function token(errno: Errno): string {
  const kernel = refusingKernel({ commands: { token_create: ERRNO[errno] } });
  return sentenceOf(() => createToken(kernel, "/proc"));
}

const LOAD = 'Cannot load program "p" (here)';
const RUN = 'Cannot run program "p" of type';
const TOKEN = 'Cannot create a BPF token from "/proc"';

const FAILURES: readonly [what: string, act: () => string, says: string][] = [
  [
    "loadProgram() of a type that the kernel is too old for",
    () => load("EINVAL", "netfilter"),
    `unsupported: ${LOAD} as netfilter on ${release()}: netfilter programs need Linux 6.4 (EINVAL)`,
  ],
  [
    "loadProgram() of a type that the kernel takes in another shape",
    () => load("EINVAL", "xdp"),
    `unsupported: ${LOAD} as xdp on ${release()}: a program type, an attach type, a flag or a name that this kernel does not take (EINVAL)`,
  ],
  [
    "loadProgram() of a type that is built out",
    () => load("EOPNOTSUPP", "lirc_mode2"),
    `unsupported: ${LOAD} as lirc_mode2: this kernel is built without it (EOPNOTSUPP)`,
  ],
  [
    "loadProgram() without the rights",
    () => load("EPERM", "xdp"),
    `permission: ${LOAD} as xdp: EPERM, ${ALL}`,
  ],
  [
    "loadProgram() of a typed tracepoint, which no lockdown refuses",
    () => load("EPERM", "tracing", "trace_raw_tp"),
    `permission: ${LOAD} as tracing: EPERM, ${ALL}`,
  ],
  ["loadProgram() without memory", () => load("ENOMEM", "xdp"), `limit: ${LOAD}: ENOMEM`],
  [
    "loadProgram() that signals interrupt each time",
    () => load("EAGAIN", "xdp"),
    `busy: ${LOAD}: signals interrupted the verifier every time (EAGAIN): stop the timer or profiler that sends them, then load it again`,
  ],
  [
    "run() that a signal interrupts",
    () => runAs("EINTR", "xdp"),
    `system: ${RUN} xdp: a signal came in between (EINTR)`,
  ],
  ["run() without memory", () => runAs("ENOMEM", "xdp"), `limit: ${RUN} xdp: ENOMEM`],
  [
    "run() of a packet that grew",
    () => runAs("ENOSPC", "xdp", { data: new Uint8Array(14), room: 6 }),
    `limit: ${RUN} xdp: the packet became 20 bytes long, which needs more room (ENOSPC)`,
  ],
  [
    "run() of a syscall program with a packet",
    () => runAs("EINVAL", "syscall", { data: new Uint8Array(14) }),
    `invalid: ${RUN} syscall: this type takes a context and neither packet, repetition nor batch: given are a packet of 14 bytes and no context (EINVAL)`,
  ],
  [
    "run() of a tracing program with a context",
    () => runAs("EINVAL", "tracing", { context: new Uint8Array(8) }),
    `invalid: ${RUN} tracing: this type takes neither packet nor context: given are no packet and a context of 8 bytes (EINVAL)`,
  ],
  [
    "readStream() on a kernel without streams",
    () => stream("EINVAL"),
    'unsupported: Cannot read stderr of program "p": program output streams need Linux 6.17 (EINVAL)',
  ],
  [
    "readStream() without memory",
    () => stream("ENOMEM"),
    'limit: Cannot read stderr of program "p": ENOMEM',
  ],
  [
    "createToken() of a bpffs that delegates nothing",
    () => token("ENOENT"),
    `permission: ${TOKEN}: the bpffs was mounted without delegate_cmds, _maps, _progs or _attachs (ENOENT)`,
  ],
  [
    "createToken() in the first user namespace",
    () => token("EOPNOTSUPP"),
    `permission: ${TOKEN}: the first user namespace needs no token and gets none (EOPNOTSUPP)`,
  ],
  [
    "createToken() outside of the mount's user namespace",
    () => token("EPERM"),
    `permission: ${TOKEN}: this process is not in the user namespace that the bpffs was mounted for, or lacks CAP_BPF there (EPERM)`,
  ],
  ["createToken() without memory", () => token("ENOMEM"), `limit: ${TOKEN}: ENOMEM`],
];

for (const [what, act, says] of FAILURES)
  kernelTest(`${what} says what is wrong`, {}, () => {
    assert.equal(act(), says);
  });

kernelTest("readStream() says since when programs have streams", {}, (t) => {
  if (compareReleases(release(), "6.17") >= 0) {
    t.skip("this kernel has streams");
    return;
  }
  using program = loadProgram(real, { type: "socket_filter", bytes: EXIT, name: "p" });
  assert.equal(
    sentenceOf(() => readStream(program, "stdout")),
    'unsupported: Cannot read stdout of program "p": program output streams need Linux 6.17 (EINVAL)',
  );
});
