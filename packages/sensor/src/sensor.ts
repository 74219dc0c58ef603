import type { FieldProvider } from "@ocelli/event";
import {
  attach,
  createRingReader,
  loadCollection,
  possibleCpus,
  type Collection,
  type RecordMemory,
  type RingReader,
} from "@ocelli/linux";
import { COUNTER_INDEX, encodeRecipe, systemCallObject } from "@ocelli/probes";

import { EventStream } from "./event-stream.ts";
import { createSensorProvider, EVENT_TYPE, eventName, eventType } from "./event/provider.ts";
import type { SensorEvent } from "./event/sensor-event.ts";
import { hostClock } from "./host/clock.ts";
import { hostUsers, type Users } from "./host/users.ts";
import { hostProcessTable } from "./process/host-processes.ts";
import type { ProcessTable } from "./process/process-table.ts";

/** What a sensor is asked for. */
export interface SensorOptions {
  /** Names of events: system calls, and `procexit`. What is not named costs the host a look into a table. */
  readonly events: Iterable<string>;
  /** Gets every event, the same object each time. */
  readonly onEvent: (event: SensorEvent) => void;
  /** Gets every record as it came, after its event: for recordings. */
  readonly onRecord?: (memory: RecordMemory, offset: number, length: number) => void;
  readonly onError?: (error: unknown) => void;
  /** Size of the ring in bytes, a power of two: 8 MiB if absent. */
  readonly ringBytes?: number;
  /** A process whose own calls are not reported: this one if absent. */
  readonly exceptPid?: number;
}

/** What became of the events of one kind, over all CPUs. */
export interface EventCount {
  readonly name: string;
  /** Handed to the ring. */
  readonly emitted: number;
  /** Happened, and nobody had asked for them. */
  readonly filtered: number;
  /** Found the ring full. */
  readonly lost: number;
}

/** Calls whose effects the process table follows, whoever asks for events. */
const STATE_CALLS = [
  "chdir",
  "fchdir",
  "setsid",
  "setpgid",
  "setuid",
  "setgid",
  "setreuid",
  "setregid",
  "setresuid",
  "setresgid",
  "prctl",
];

/**
 * Watches this host: loads the probe, attaches it, and turns its records into events with the processes they belong to. Needs
 * root, or CAP_BPF and CAP_PERFMON, and Linux 5.10 with BTF on x86-64. Nothing stays in the kernel when it is disposed of, or
 * when the process dies.
 */
export class Sensor implements Disposable {
  readonly processes: ProcessTable;
  readonly users: Users;
  /** How rules and filters read its events. */
  readonly provider: FieldProvider<SensorEvent>;
  readonly #resources = new DisposableStack();
  readonly #collection: Collection;
  readonly #reader: RingReader;
  readonly #stream: EventStream;
  readonly #wanted = new Set<number>();

  /** Attaches at once; events come from the next turn of the event loop on. Throws `LinuxError` when the kernel refuses. */
  constructor(options: SensorOptions) {
    using resources = new DisposableStack();
    const spec = systemCallObject();
    const ring = spec.maps.get("events");
    if (ring !== undefined && options.ringBytes !== undefined)
      spec.maps.set("events", { ...ring, maxEntries: options.ringBytes });
    this.#collection = resources.use(
      loadCollection(spec, { variables: { self: options.exceptPid ?? process.pid } }),
    );
    this.users = hostUsers();
    const clock = hostClock();
    this.provider = createSensorProvider(this.users, clock);
    for (const name of options.events) this.#want(name);
    for (const name of STATE_CALLS) this.#tell(name);
    for (const program of this.#collection.programs.values()) resources.use(attach(program));
    // What happens from here on lies in the ring, so that nothing falls between the snapshot and the events.
    this.processes = hostProcessTable();
    this.#stream = new EventStream({
      processes: this.processes,
      clock,
      isWanted: (type) => this.#wanted.has(type),
      onEvent: options.onEvent,
    });
    const { onRecord, onError } = options;
    this.#reader = resources.use(
      createRingReader(this.#collection.map("events"), {
        onRecord: (memory, offset, length) => {
          this.#stream.accept(memory, offset, length);
          onRecord?.(memory, offset, length);
        },
        ...(onError === undefined ? {} : { onError }),
      }),
    );
    this.#resources = resources.move();
  }

  /** Reads now what lies in the ring. */
  consume(): number {
    return this.#reader.consume();
  }

  /** Events handed out so far. */
  get events(): number {
    return this.#stream.events;
  }

  /** What became of the events of every kind that happened at all. */
  counts(): EventCount[] {
    const map = this.#collection.map("counters");
    const cpus = possibleCpus().length;
    const counts: EventCount[] = [];
    const key = new Uint32Array(1);
    const extra = new Map<number, string>([
      [COUNTER_INDEX.exec, "exec"],
      [COUNTER_INDEX.fork, "fork"],
      [COUNTER_INDEX.exit, "exit"],
    ]);
    const compat = [0, 0, 0];
    for (let index = 0; index <= COUNTER_INDEX.exit; index += 1) {
      key[0] = index;
      const values = map.lookup(new Uint8Array(key.buffer));
      if (values === undefined) continue;
      const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
      // Calls by the 32-bit table have numbers of their own, which nobody asks for: they are added up.
      const isCompat = index >= COUNTER_INDEX.compat && index < COUNTER_INDEX.exec;
      const sums = isCompat ? compat : [0, 0, 0];
      for (let cpu = 0; cpu < cpus; cpu += 1)
        for (let which = 0; which < 3; which += 1)
          sums[which] = (sums[which] ?? 0) + Number(view.getBigUint64(cpu * 24 + which * 8, true));
      const [emitted = 0, filtered = 0, lost = 0] = sums;
      if (isCompat || emitted + filtered + lost === 0) continue;
      counts.push({ name: extra.get(index) ?? eventName(index), emitted, filtered, lost });
    }
    const [emitted = 0, filtered = 0, lost = 0] = compat;
    if (emitted + filtered + lost > 0)
      counts.push({ name: "32-bit calls", emitted, filtered, lost });
    return counts;
  }

  /** Detaches, and closes everything. */
  [Symbol.dispose](): void {
    this.#resources[Symbol.dispose]();
  }

  #want(name: string): void {
    const type = eventType(name);
    if (type === undefined) return;
    this.#wanted.add(type);
    if (type !== EVENT_TYPE.procexit) this.#tell(name);
  }

  #tell(name: string): void {
    const number = eventType(name);
    if (number === undefined || number >= 512) return;
    const key = new Uint8Array(4);
    new DataView(key.buffer).setUint32(0, number, true);
    this.#collection.map("recipes").update(key, encodeRecipe(number));
  }
}
