import assert from "node:assert/strict";

import { COMMANDS, mapSpec } from "@ocelli/bpf";
import { kernelTest } from "@ocelli/testkit";

import { possibleCpus } from "../cpu.ts";
import { LinuxError } from "../error.ts";
import { createMap } from "../map/create.ts";
import { MAP_FLAGS } from "../map/flags.ts";
import { mapArena, mapArray } from "../map/memory.ts";
import { mapIds, openMapById } from "../map/open.ts";
import { explainPermission } from "../permission.ts";
import { ERRNO } from "../port/errno.ts";
import { objectInfo } from "../port/info.ts";
import type { Kernel, SyscallName } from "../port/kernel.ts";
import { liftMemlock } from "../memlock.ts";
import { openKernel } from "../port/koffi.ts";
import { openPerfReader, type PerfReader } from "./perf-reader.ts";
import { RingMemory } from "./ring-memory.ts";
import { UserRing } from "./user-ring.ts";

const real = openKernel();
const PAUSE_OUTPUT = 0x40042409; // PERF_EVENT_IOC_PAUSE_OUTPUT
// Before Linux 5.11 the explanation names the limit, which the first map lifts: once and for all, before it is quoted.
liftMemlock(real);

/** The running kernel, whose n-th mapping, counted from 0, finds no memory. */
function unmappable(n: number): Kernel {
  let count = 0;
  return {
    ...real,
    map: (...args) => {
      count += 1;
      return count > n ? -ERRNO.ENOMEM : real.map(...args);
    },
  };
}

/** The running kernel, but one system call answers with an errno from its n-th time on, counted from 0. */
function failing(name: SyscallName, errno: number, n = 0): Kernel {
  let count = 0;
  return {
    ...real,
    syscall: (asked, ...args) => {
      if (asked !== name) return real.syscall(asked, ...args);
      count += 1;
      return count > n ? -errno : real.syscall(asked, ...args);
    },
  };
}

/** The running kernel, but one command of bpf(2) answers with an errno. */
function refusing(command: keyof typeof COMMANDS, errno: number): Kernel {
  return {
    ...real,
    bpf: (number, attribute) =>
      number === COMMANDS[command] ? -errno : real.bpf(number, attribute),
  };
}

function sentenceOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof LinuxError) return `${error.code}: ${error.message}`;
    return String(error);
  }
  return "nothing was thrown";
}

function readPerf(kernel: Kernel): PerfReader {
  const map = createMap(
    kernel,
    mapSpec({ name: "samples", type: "perf_event_array", maxEntries: possibleCpus().length }),
  );
  try {
    return openPerfReader(map, { onRecord: () => {}, sizeBytes: kernel.pageSize });
  } catch (error) {
    map[Symbol.dispose]();
    throw error;
  }
}

/** The running kernel, which does not stop or start perf rings. */
const unpausable: Kernel = {
  ...real,
  syscall: (name, ...args) =>
    name === "ioctl" && args[1] === PAUSE_OUTPUT ? -ERRNO.EIO : real.syscall(name, ...args),
};

type Failure = readonly [what: string, act: () => unknown, says: string];

const FAILURES: readonly Failure[] = [
  [
    "a map that is not there",
    () => openMapById(real, 0x7fff_ffff),
    "not-found: Cannot open map 2147483647 as there is none: ENOENT",
  ],
  [
    "a map that may not be opened",
    () => openMapById(refusing("map_get_fd_by_id", ERRNO.EPERM), 1),
    `permission: Cannot open map 1: EPERM, ${explainPermission(real)}`,
  ],
  [
    "maps that may not be listed",
    () => [...mapIds(refusing("map_get_next_id", ERRNO.EPERM))],
    `permission: Cannot list the maps: EPERM, ${explainPermission(real)}`,
  ],
  [
    "a map that finds no memory",
    () => createMap(refusing("map_create", ERRNO.ENOMEM), mapSpec({ name: "large", type: "hash" })),
    'limit: Cannot create map "large" of type hash with keys of 4 bytes, values of 4 bytes, 1 entries and flags 0x0: ENOMEM',
  ],
  [
    "a map beyond the limit of descriptors",
    () => createMap(refusing("map_create", ERRNO.EMFILE), mapSpec({ name: "last", type: "hash" })),
    'limit: Cannot create map "last" of type hash: EMFILE',
  ],
  [
    "the info of something that is no object",
    () => objectInfo(real, "map", 1_000_000),
    "invalid: Cannot read the info of a map: EBADFD",
  ],
  [
    "an array that finds no memory in this process",
    () => {
      using map = createMap(
        unmappable(0),
        mapSpec({ name: "table", type: "array", flags: MAP_FLAGS.mmapable }),
      );
      return mapArray(map);
    },
    'limit: Cannot map the memory of map "table": ENOMEM',
  ],
  [
    "a perf event that is not to be had",
    () => readPerf(failing("perf_event_open", ERRNO.EACCES)),
    'permission: Cannot read perf event array "samples" on CPU 0: EACCES',
  ],
  [
    "a perf ring that cannot be paused",
    () => {
      using reader = readPerf(unpausable);
      reader.pause();
    },
    "system: Cannot pause the perf ring of CPU 0: EIO",
  ],
  [
    "a perf ring that cannot be resumed",
    () => {
      using reader = readPerf(unpausable);
      reader.resume();
    },
    "system: Cannot resume the perf ring of CPU 0: EIO",
  ],
  [
    "a perf event that cannot be switched on",
    () => readPerf(failing("ioctl", ERRNO.EINVAL)),
    'invalid: Cannot read perf event array "samples" on CPU 0: EINVAL',
  ],
  [
    "a perf ring that finds no memory",
    () => readPerf(unmappable(0)),
    `limit: Cannot map the perf ring of CPU 0 with ${real.pageSize} bytes: ENOMEM`,
  ],
];

const RINGS: readonly Failure[] = [
  [
    "a ring whose records cannot be mapped",
    () => {
      using map = createMap(
        unmappable(1),
        mapSpec({ name: "events", type: "ringbuf", maxEntries: 4096 }),
      );
      return new RingMemory(map);
    },
    'limit: Cannot map ring buffer "events": ENOMEM',
  ],
];

const userRing = (kernel: Kernel): string =>
  sentenceOf(() => {
    using map = createMap(
      kernel,
      mapSpec({ name: "commands", type: "user_ringbuf", maxEntries: 4096 }),
    );
    return new UserRing(map);
  });

for (const [what, act, says] of FAILURES)
  kernelTest(`an error says what is wrong with ${what}`, { needs: ["mmap_array"] }, () => {
    assert.equal(sentenceOf(act), says);
  });

for (const [what, act, says] of RINGS)
  kernelTest(`an error says what is wrong with ${what}`, { needs: ["ringbuf"] }, () => {
    assert.equal(sentenceOf(act), says);
  });

kernelTest(
  "an error says which ring for a program cannot be mapped",
  { needs: ["user_ringbuf"] },
  () => {
    const says = 'limit: Cannot map user ring buffer "commands": ENOMEM';
    assert.deepEqual([userRing(unmappable(0)), userRing(unmappable(1))], [says, says]);
  },
);

kernelTest("an error says which arena finds no memory", { needs: ["arena"] }, () => {
  using map = createMap(
    unmappable(0),
    mapSpec({
      name: "heap",
      type: "arena",
      keySize: 0,
      valueSize: 0,
      maxEntries: 1,
      flags: MAP_FLAGS.mmapable,
    }),
  );
  assert.equal(
    sentenceOf(() => mapArena(map)),
    'limit: Cannot map arena "heap": ENOMEM',
  );
});

kernelTest(
  "an error says that a ring whose records are overwritten cannot be read",
  { needs: ["ringbuf_overwrite"] },
  () => {
    using map = createMap(
      real,
      mapSpec({
        name: "latest",
        type: "ringbuf",
        keySize: 0,
        valueSize: 0,
        maxEntries: real.pageSize,
        flags: MAP_FLAGS.rb_overwrite,
      }),
    );
    assert.equal(
      sentenceOf(() => new RingMemory(map)),
      'unsupported: Cannot read ring buffer "latest" as its producers overwrite what is being read: create it without BPF_F_RB_OVERWRITE',
    );
  },
);
