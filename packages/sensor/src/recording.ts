import { gunzipSync, gzipSync } from "node:zlib";

import type { FieldProvider } from "@ocelli/event";
import { recordMemory, type RecordMemory } from "@ocelli/linux";
import { CALL_RECORD, PROCESS_RECORD, RECORD_KIND } from "@ocelli/probes";

import { EventStream } from "./event-stream.ts";
import { createSensorProvider, eventName, EVENT_TYPE } from "./event/provider.ts";
import { readU64 } from "./event/record-reader.ts";
import type { SensorEvent } from "./event/sensor-event.ts";
import type { Clock } from "./host/clock.ts";
import type { User, Users } from "./host/users.ts";
import { containerOf } from "./process/container.ts";
import { ProcessTable } from "./process/process-table.ts";
import { unknownProcess, type Process } from "./process/process.ts";
import type { EventCount, Sensor } from "./sensor.ts";

// A recording, compressed with gzip:
//   a line that says what it is, a line of JSON (Header), then records of the probe as they came:
//   u32 length, the record, zeros up to the next multiple of 8 (counted from the length)
const MAGIC = "ocelli recording 1";
const MOST_BYTES = 512 << 20;
/** What lies between the end of a recording and its beginning when it is played again. */
const BREAK_NS = 1e9;

interface Header {
  readonly kernel: string;
  readonly suspendedNs: number;
  readonly users: Readonly<Record<string, User>>;
  readonly groups: Readonly<Record<string, string>>;
  readonly processes: readonly RecordedProcess[];
  /** Control groups of programs as they were started, by the place of their record. */
  readonly places: Readonly<Record<string, string>>;
}

type RecordedProcess = Omit<Process, "parent">;

/** Collects the records of a sensor. */
export interface Recorder {
  /** Takes the processes that are there, before the first record. */
  readonly begin: (sensor: Sensor) => void;
  /** Takes one record; for `onRecord` of a sensor. */
  readonly add: (memory: RecordMemory, offset: number, length: number) => void;
  /** Bytes so far, before they are compressed. */
  readonly bytes: () => number;
  /** The recording. `isKept` chooses processes by number; records of others are left out. */
  readonly finish: (
    sensor: Sensor,
    kernel: string,
    isKept?: (pid: number) => boolean,
  ) => Uint8Array;
}

interface Chunk {
  readonly bytes: Uint8Array;
  readonly pid: number;
  readonly cgroup: string;
}

/** Begins a recording. */
export function createRecorder(): Recorder {
  const chunks: Chunk[] = [];
  let recorded: Sensor | undefined;
  let size = 0;
  let processes: RecordedProcess[] = [];
  return {
    begin(sensor) {
      recorded = sensor;
      processes = Array.from(sensor.processes.values(), (one) =>
        Object.assign({}, one, { parent: undefined }),
      );
    },
    add(memory, offset, length) {
      const pid = memory.view.getUint32(offset + CALL_RECORD.pid, true);
      const isExec = memory.view.getUint16(offset + CALL_RECORD.kind, true) === RECORD_KIND.exec;
      const cgroup = isExec ? (recorded?.processes.get(pid)?.cgroup ?? "") : "";
      chunks.push({ bytes: memory.copy(offset, length).slice(), pid, cgroup });
      size += length;
    },
    bytes: () => size,
    finish(sensor, kernel, isKept = () => true) {
      const kept = chunks.filter(({ pid }) => isKept(pid));
      const known = processes.filter(({ pid }) => isKept(pid));
      const users = new Map<string, User>();
      const groups = new Map<string, string>();
      for (let id = 0; id < 65_536; id = id === 999 ? 65_534 : id + 1) {
        const user = sensor.users.user(id);
        const group = sensor.users.group(id);
        if (user !== undefined) users.set(String(id), user);
        if (group !== undefined) groups.set(String(id), group);
      }
      const header: Header = {
        kernel,
        suspendedNs: 0,
        users: Object.fromEntries(users),
        groups: Object.fromEntries(groups),
        processes: known,
        places: Object.fromEntries(
          kept.flatMap(({ cgroup }, index) => (cgroup === "" ? [] : [[index, cgroup]])),
        ),
      };
      const parts: Uint8Array[] = [Buffer.from(`${MAGIC}\n${JSON.stringify(header)}\n`)];
      for (const { bytes } of kept) {
        const part = new Uint8Array((4 + bytes.length + 7) & ~7);
        new DataView(part.buffer).setUint32(0, bytes.length, true);
        part.set(bytes, 4);
        parts.push(part);
      }
      return gzipSync(Buffer.concat(parts), { level: 9 });
    },
  };
}

/** A recording that plays over and over. It offers what a sensor does. */
export interface Playing extends Disposable {
  readonly provider: FieldProvider<SensorEvent>;
  readonly processes: ProcessTable;
  readonly users: Users;
  readonly counts: () => EventCount[];
}

/** A recording. */
export interface Recording {
  /** Release of the kernel that it was made on. */
  readonly kernel: string;
  /** Plays it at the speed at which it happened, again and again. */
  readonly play: (onEvent: (event: SensorEvent) => void) => Playing;
  /** Hands out all of it at once, once. */
  readonly read: (onEvent: (event: SensorEvent) => void) => Playing;
}

/** Where one record lies. */
interface Place {
  readonly offset: number;
  readonly length: number;
  readonly timeNs: number;
}

/** Opens a recording; undefined when the bytes are none. */
export function openRecording(bytes: Uint8Array): Recording | undefined {
  let content: Uint8Array;
  try {
    content = gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
  } catch {
    return undefined;
  }
  const first = content.indexOf(10);
  const second = content.indexOf(10, first + 1);
  if (first < 0 || second < 0 || Buffer.from(content.subarray(0, first)).toString() !== MAGIC)
    return undefined;
  let header: Header;
  try {
    // Written by a recorder: what is wrong in it shows as missing values.
    header = JSON.parse(Buffer.from(content.subarray(first + 1, second)).toString()) as Header;
  } catch {
    return undefined;
  }
  const { memory, records } = readRecords(content.subarray(second + 1));
  return {
    kernel: header.kernel,
    play: (onEvent) => play(header, memory, records, onEvent),
    read: (onEvent) => {
      const playing = prepare(header, () => 0n, onEvent);
      records.forEach((_, index) => playing.accept(memory, records, index));
      return { ...playing, [Symbol.dispose]: () => undefined };
    },
  };
}

function readRecords(bytes: Uint8Array): { memory: RecordMemory; records: readonly Place[] } {
  // Records begin at multiples of 8 in a ring; four bytes of length go before each here.
  const aligned = new Uint8Array(bytes.length + 4);
  aligned.set(bytes, 4);
  const memory = recordMemory(aligned);
  const records: Place[] = [];
  let at = 4;
  while (at + 4 + PROCESS_RECORD.data <= aligned.length) {
    const length = memory.view.getUint32(at, true);
    const offset = at + 4;
    if (length < PROCESS_RECORD.data || offset + length > aligned.length) break;
    records.push({ offset, length, timeNs: readU64(memory, offset) });
    at += (4 + length + 7) & ~7;
  }
  return { memory, records };
}

interface Prepared extends Omit<Playing, typeof Symbol.dispose> {
  readonly accept: (memory: RecordMemory, records: readonly Place[], index: number) => void;
}

function prepare(
  header: Header,
  shiftNs: () => bigint,
  onEvent: (event: SensorEvent) => void,
): Prepared {
  const clock: Clock = {
    epochNs: (monotonicNs) => monotonicNs + shiftNs(),
    suspendedNs: header.suspendedNs,
  };
  const users: Users = {
    user: (uid) => header.users[String(uid)],
    group: (gid) => header.groups[String(gid)],
  };
  let cgroup: string | undefined;
  const processes = new ProcessTable({
    source: {
      all: () =>
        header.processes.map((one) => {
          // A copy: each round of playing changes its own.
          const process: Process = { ...unknownProcess(one.pid), ...one, parent: undefined };
          return process;
        }),
      one: () => undefined,
    },
    cgroups: {
      find: () =>
        cgroup === undefined ? undefined : { path: cgroup, container: containerOf(cgroup) },
    },
  });
  const stream = new EventStream({ processes, clock, isWanted: () => true, onEvent });
  const emitted = new Map<string, number>();
  return {
    provider: createSensorProvider(users, clock),
    processes,
    users,
    counts: () =>
      Array.from(emitted, ([name, count]) => ({ name, emitted: count, filtered: 0, lost: 0 })),
    accept(memory, records, index) {
      const record = records[index];
      if (record === undefined) return;
      const { offset, length } = record;
      cgroup = header.places[String(index)];
      const name = recordName(memory, offset);
      emitted.set(name, (emitted.get(name) ?? 0) + 1);
      stream.accept(memory, offset, length);
    },
  };
}

const RECORD_NAMES = new Map<number, string>([
  [RECORD_KIND.exec, "exec"],
  [RECORD_KIND.fork, "fork"],
  [RECORD_KIND.exit, eventName(EVENT_TYPE.procexit)],
]);

function recordName(memory: RecordMemory, offset: number): string {
  const kind = memory.view.getUint16(offset + CALL_RECORD.kind, true);
  return (
    RECORD_NAMES.get(kind) ?? eventName(memory.view.getUint16(offset + CALL_RECORD.call, true))
  );
}

const TURN_MS = 50;

function play(
  header: Header,
  memory: RecordMemory,
  records: readonly Place[],
  onEvent: (event: SensorEvent) => void,
): Playing {
  const firstNs = records[0]?.timeNs ?? 0;
  const lengthNs = (records.at(-1)?.timeNs ?? 0) - firstNs + BREAK_NS;
  let startMs = performance.now();
  let startEpochNs = epochNow();
  let next = 0;
  const prepared = prepare(header, () => startEpochNs - BigInt(Math.round(firstNs)), onEvent);
  const timer = setInterval(() => {
    const elapsedNs = (performance.now() - startMs) * 1e6;
    for (;;) {
      const record = records[next];
      if (record === undefined || record.timeNs - firstNs > elapsedNs) break;
      prepared.accept(memory, records, next);
      next += 1;
    }
    if (elapsedNs < lengthNs || records.length === 0) return;
    next = 0;
    startMs = performance.now();
    startEpochNs = epochNow();
  }, TURN_MS);
  return {
    ...prepared,
    [Symbol.dispose]: () => {
      clearInterval(timer);
    },
  };
}

function epochNow(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
}
