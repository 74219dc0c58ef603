import assert from "node:assert/strict";

import { COMMANDS, mapSpec } from "@ocelli/bpf";
import { kernelTest } from "@ocelli/testkit";

import { openModuleBtf } from "./collection/kernel-types.ts";
import { LinuxError } from "./error.ts";
import { Fd } from "./fd.ts";
import { duplicateFd } from "./link/duplicate.ts";
import { linkIds } from "./link/open.ts";
import { createMap } from "./map/create.ts";
import { mapIds, openMapById } from "./map/open.ts";
import { ERRNO } from "./port/errno.ts";
import type { Kernel } from "./port/kernel.ts";
import { openKernel } from "./port/koffi.ts";
import { kernelIds, openById } from "./program/ids.ts";
import { loadProgram } from "./program/load.ts";
import { enableStatistics } from "./program/statistics.ts";
import { mapLossCounter } from "./reader/loss-counter.ts";
import { RingMemory } from "./reader/ring-memory.ts";

const real = openKernel();

/** The running kernel, but one command of bpf(2) answers with an errno: what a healthy machine does not do on demand. */
function refusing(command: keyof typeof COMMANDS, errno: number): Kernel {
  return {
    ...real,
    bpf: (number, attribute) =>
      number === COMMANDS[command] ? -errno : real.bpf(number, attribute),
  };
}

/** The running kernel, which cannot map memory. */
const unmappable: Kernel = { ...real, map: () => -ERRNO.ENOMEM };

const ring = mapSpec({ name: "events", type: "ringbuf", maxEntries: 4096 });
const counters = mapSpec({ name: "lost", type: "array", valueSize: 8, maxEntries: 2 });
const exit = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);

// What fails, and what a person reads: place, reason and, where there is one, remedy.
const FAILURES: readonly [what: string, act: () => unknown, says: string][] = [
  [
    "a closed descriptor",
    () => {
      const fd = duplicateFd(real, 2);
      fd[Symbol.dispose]();
      return fd.value;
    },
    "closed: Cannot use a file descriptor after it was closed",
  ],
  [
    "a descriptor that is not there",
    () => duplicateFd(real, 1_000_000),
    "invalid: Cannot duplicate a file descriptor: EBADF",
  ],
  [
    "a list of links without memory",
    () => [...linkIds(refusing("link_get_next_id", ERRNO.ENOMEM))],
    "limit: Cannot list the links: ENOMEM",
  ],
  [
    "a list of maps without memory",
    () => [...mapIds(refusing("map_get_next_id", ERRNO.ENOMEM))],
    "limit: Cannot list the maps: ENOMEM",
  ],
  [
    "a map beyond the limit of descriptors",
    () => openMapById(refusing("map_get_fd_by_id", ERRNO.EMFILE), 1),
    "limit: Cannot open map 1: EMFILE",
  ],
  [
    "a list of programs without rights",
    () => [...kernelIds(refusing("prog_get_next_id", ERRNO.EPERM), "prog")],
    "permission: Cannot list the programs after id 0: EPERM, all capabilities are there: a security module may refuse it",
  ],
  [
    "a program beyond the limit of descriptors",
    () => openById(refusing("prog_get_fd_by_id", ERRNO.EMFILE), "prog", 1),
    "limit: Cannot open program 1: EMFILE",
  ],
  [
    "statistics that are not to be had",
    () => enableStatistics(refusing("enable_stats", ERRNO.EPERM)),
    "permission: Cannot switch on run statistics: EPERM, all capabilities are there: a security module may refuse it",
  ],
  [
    "types of a module that is not loaded",
    () => openModuleBtf(real, "nothing_like_this"),
    'not-found: Cannot find the BTF of module "nothing_like_this" in the kernel',
  ],
  [
    "a ring that cannot be mapped",
    () => {
      using map = createMap(unmappable, ring);
      return new RingMemory(map);
    },
    'limit: Cannot map ring buffer "events": ENOMEM',
  ],
  [
    "a loss counter in a map of another shape",
    () => {
      using map = createMap(real, ring);
      return mapLossCounter(map, 0);
    },
    'RangeError: Cannot count losses in map "events": keys must have 4 bytes and values 8, they have 0 and 0',
  ],
  [
    "a loss counter beyond the map's end",
    () => {
      using map = createMap(real, counters);
      return mapLossCounter(map, 2);
    },
    'RangeError: Cannot count losses at index 2 of map "lost": it has 2 entries',
  ],
  [
    "a program without instructions",
    () => loadProgram(real, { type: "socket_filter", bytes: new Uint8Array(), name: "none" }),
    'invalid: Cannot load program "none": instructions must come in slots of 8 bytes, at least one: there are 0 bytes',
  ],
  [
    "a program that is cut off",
    () => loadProgram(real, { type: "socket_filter", bytes: exit.subarray(0, 12), name: "half" }),
    'invalid: Cannot load program "half": instructions must come in slots of 8 bytes, at least one: there are 12 bytes',
  ],
  [
    "function records that are cut off",
    () =>
      loadProgram(real, { type: "socket_filter", bytes: exit, functionInfo: exit.subarray(0, 9) }),
    'invalid: Cannot load program "": function records must come in slots of 8 bytes: there are 9 bytes',
  ],
  [
    "line records that are cut off",
    () => loadProgram(real, { type: "socket_filter", bytes: exit, lineInfo: exit.subarray(0, 8) }),
    'invalid: Cannot load program "": line records must come in slots of 16 bytes: there are 8 bytes',
  ],
  [
    "a program that is too long for its rights",
    () =>
      loadProgram(refusing("prog_load", ERRNO.E2BIG), {
        type: "socket_filter",
        bytes: exit,
        name: "long",
      }),
    'limit: Cannot load program "long": it has 2 instruction slots, more than this process may load (E2BIG): 4096 without CAP_BPF, 1000000 with it',
  ],
];

function sentenceOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof LinuxError) return `${error.code}: ${error.message}`;
    return String(error);
  }
  return "nothing was thrown";
}

for (const [what, act, says] of FAILURES)
  kernelTest(`an error says what is wrong with ${what}`, { needs: ["ringbuf"] }, () => {
    assert.equal(sentenceOf(act), says);
  });

kernelTest("Fd gives its descriptor away and leaves it open", {}, () => {
  const fd = duplicateFd(real, 2);
  using owner = new Fd(real, fd.release());
  fd[Symbol.dispose]();
  assert.equal(owner.closed, false);
});
