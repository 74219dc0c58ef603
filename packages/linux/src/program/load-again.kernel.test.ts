import assert from "node:assert/strict";

import { COMMANDS } from "@ocelli/bpf";
import { kernelTest } from "@ocelli/testkit";

import { LinuxError } from "../error.ts";
import { ERRNO } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";
import { openKernel } from "../port/koffi.ts";
import { loadProgram } from "./load.ts";

const real = openKernel();
// Reads r0, which was never written: the verifier refuses it.
const refused = Uint8Array.of(0xbf, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
const bytes = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);

/** The running kernel, whose verifier is interrupted by a signal in the attempts that `when` names, counted from 1. */
function interrupted(when: (attempt: number) => boolean): { kernel: Kernel; attempts: number } {
  const seen = {
    attempts: 0,
    kernel: {
      ...real,
      bpf: (number: number, attribute: Uint8Array): number => {
        if (number !== COMMANDS.prog_load) return real.bpf(number, attribute);
        seen.attempts += 1;
        return when(seen.attempts) ? -ERRNO.EAGAIN : real.bpf(number, attribute);
      },
    },
  };
  return seen;
}

const busy = {
  constructor: LinuxError,
  code: "busy",
  errno: ERRNO.EAGAIN,
  message:
    'Cannot load program "often": signals interrupted the verifier every time (EAGAIN): stop the timer or profiler that sends them, then load it again',
};

kernelTest("loadProgram() tries again when signals interrupt the verifier", {}, () => {
  const seen = interrupted((attempt) => attempt < 30);
  using program = loadProgram(seen.kernel, { type: "socket_filter", bytes, name: "often" });
  assert.deepEqual([program.name, seen.attempts], ["often", 30]);
});

kernelTest("loadProgram() gives up after 30 interruptions and says so", {}, () => {
  const seen = interrupted(() => true);
  assert.throws(
    () => loadProgram(seen.kernel, { type: "socket_filter", bytes, name: "often" }),
    busy,
  );
  assert.equal(seen.attempts, 30);
});

kernelTest("loadProgram() says so when the search for the reason is interrupted", {}, () => {
  const seen = interrupted((attempt) => attempt > 1);
  assert.throws(
    () => loadProgram(seen.kernel, { type: "socket_filter", bytes: refused, name: "often" }),
    busy,
  );
  assert.equal(seen.attempts, 31);
});
