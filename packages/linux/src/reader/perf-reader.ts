import { readFileSync } from "node:fs";

import { parseCpuList } from "../cpu.ts";
import { LinuxError } from "../error.ts";
import type { BpfMap } from "../map/map.ts";
import { ERRNO, systemError } from "../port/errno.ts";
import { IOC_ENABLE, IOC_PAUSE_OUTPUT, openOutputEvent } from "./perf-event.ts";
import { PerfRing, type OnPerfLost, type OnPerfRecord } from "./perf-ring.ts";

/** How a perf event array is read. */
export interface PerfReaderOptions {
  /** A record's length is rounded up by the kernel: `length + 4` is a multiple of 8. Offsets are multiples of 4. */
  readonly onRecord: OnPerfRecord;
  /** Told of what the kernel could not write, before the record after the gap. */
  readonly onLost?: OnPerfLost;
  /** Gets what callbacks throw on the event loop; without it such an error is an uncaught exception. */
  readonly onError?: (error: unknown) => void;
  /** Bytes per CPU: 256 KiB if absent. A power of two, at least a page. */
  readonly sizeBytes?: number;
  /** Wakes after so many records: 1 if absent. */
  readonly wakeupEvents?: number;
  /** Wakes when so many bytes lie in a ring, in place of `wakeupEvents`; less than `sizeBytes`. */
  readonly watermarkBytes?: number;
  /**
   * Keeps the newest records and overwrites the oldest ones. Nothing wakes such a reader and nothing is reported lost:
   * `consume()` gives what was written since the last time and is still there, while writing is paused.
   */
  readonly overwritable?: boolean;
  /** Records per ring and turn of the event loop: 100,000 if absent. */
  readonly maxRecords?: number;
}

/** What a perf reader has seen so far. */
export interface PerfStatistics {
  readonly records: number;
  /** As the kernel reported. What was lost after the last record that fitted is not known yet. */
  readonly lost: number;
  /** CPUs that are read. */
  readonly cpus: readonly number[];
}

const ONLINE = "/sys/devices/system/cpu/online";

/** Reads a perf event array: a ring per online CPU, all on the event loop. */
export class PerfReader implements Disposable {
  readonly #map: BpfMap;
  readonly #options: PerfReaderOptions;
  readonly #onLost: OnPerfLost;
  readonly #rings: PerfRing[] = [];
  readonly #watches: Disposable[] = [];
  #records = 0;
  #lost = 0;
  #paused = false;
  #closed = false;

  /** Use `createPerfReader()`. */
  constructor(map: BpfMap, options: PerfReaderOptions, watched: boolean) {
    this.#map = map;
    this.#options = options;
    this.#onLost = (count, cpu) => {
      this.#lost += count;
      options.onLost?.(count, cpu);
    };
    try {
      for (const cpu of onlineCpus()) {
        if (cpu < map.maxEntries) this.#open(cpu);
      }
      if (watched && options.overwritable !== true) {
        for (const ring of this.#rings) {
          this.#watches.push(map.kernel.watch(ring.event.value, () => this.#wake(ring)));
        }
        // A perf event says "readable" once per wake-up, and adding it to the epoll swallows that. libuv adds it before the
        // loop's next poll, so look when that is surely over: the first of two immediates may come before it.
        setImmediate(() => setImmediate(() => this.#wakeAll()));
      }
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Reads all rings now, at most `maxRecords` of each, and returns how many records it was. Throws `closed` after disposal. */
  consume(maxRecords: number = Number.POSITIVE_INFINITY): number {
    this.#check();
    const resume = this.#options.overwritable === true && !this.#paused;
    if (resume) this.pause();
    let count = 0;
    try {
      for (const ring of this.#rings) count += this.#drain(ring, maxRecords);
    } finally {
      if (resume && !this.#closed) this.resume();
    }
    return count;
  }

  /** Stops the kernel writing to the rings: programs' output fails meanwhile with ENOENT and is not counted as lost. */
  pause(): void {
    this.#setPaused(true);
  }

  /** Lets the kernel write again. */
  resume(): void {
    this.#setPaused(false);
  }

  /** What was read so far. Throws `closed` after disposal. */
  statistics(): PerfStatistics {
    this.#check();
    return { records: this.#records, lost: this.#lost, cpus: this.#rings.map((ring) => ring.cpu) };
  }

  /** Takes the rings out of the map and unmaps them. The map stays open. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const watch of this.#watches) watch[Symbol.dispose]();
    for (const ring of this.#rings) {
      if (!this.#map.fd.closed) this.#map.delete(keyOf(ring.cpu));
      ring[Symbol.dispose]();
    }
  }

  #open(cpu: number): void {
    const { kernel } = this.#map;
    const { wakeupEvents = 1, watermarkBytes, overwritable = false } = this.#options;
    const event = openOutputEvent(kernel, { cpu, wakeupEvents, watermarkBytes, overwritable });
    // It went offline since the list was read.
    if (event === -ERRNO.ENODEV) return;
    const action = `Cannot read perf event array "${this.#map.name}" on CPU ${cpu}`;
    if (typeof event === "number") throw systemError(action, event);
    const size = this.#options.sizeBytes ?? 256 * 1024;
    const ring = new PerfRing(kernel, cpu, event, size, overwritable);
    this.#rings.push(ring);
    const value = new Uint8Array(4);
    new DataView(value.buffer).setInt32(0, event.value, true);
    this.#map.update(keyOf(cpu), value);
    const enabled = kernel.syscall("ioctl", event.value, IOC_ENABLE, 0);
    if (enabled < 0) throw systemError(action, enabled);
  }

  #wakeAll(): void {
    if (this.#closed) return;
    for (const ring of this.#rings) this.#wake(ring);
  }

  #wake(ring: PerfRing): void {
    const { maxRecords = 100_000, onError } = this.#options;
    try {
      const count = this.#drain(ring, maxRecords);
      // The kernel says "readable" once per wake-up: what is left over must wake itself.
      if (count >= maxRecords && !this.#closed) setImmediate(() => this.#wake(ring));
    } catch (error) {
      if (onError === undefined) throw error;
      onError(error);
    }
  }

  #drain(ring: PerfRing, maxRecords: number): number {
    const count = ring.drain(this.#options.onRecord, this.#onLost, maxRecords);
    this.#records += count;
    return count;
  }

  #setPaused(paused: boolean): void {
    this.#check();
    for (const { event, cpu } of this.#rings) {
      const argument = paused ? 1 : 0;
      const result = this.#map.kernel.syscall("ioctl", event.value, IOC_PAUSE_OUTPUT, argument);
      const verb = paused ? "pause" : "resume";
      if (result < 0) throw systemError(`Cannot ${verb} the perf ring of CPU ${cpu}`, result);
    }
    this.#paused = paused;
  }

  #check(): void {
    if (this.#closed) {
      throw new LinuxError(
        "closed",
        `Cannot read perf event array "${this.#map.name}": its reader was closed`,
      );
    }
  }
}

function keyOf(cpu: number): Uint8Array {
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, cpu, true);
  return key;
}

function onlineCpus(): readonly number[] {
  const text = readFileSync(ONLINE, "utf8");
  const cpus = parseCpuList(text);
  if (cpus === undefined)
    throw new LinuxError("system", `Cannot parse the list of CPUs in ${ONLINE}: "${text}"`);
  return cpus;
}

function validate(map: BpfMap, options: PerfReaderOptions): void {
  const { pageSize } = map.kernel;
  const { sizeBytes = 256 * 1024, watermarkBytes = 0 } = options;
  if (map.type !== "perf_event_array") {
    throw new LinuxError(
      "invalid",
      `Cannot read map "${map.name}" as a perf event array: its type is ${map.type}`,
    );
  }
  if (sizeBytes < pageSize || (sizeBytes & (sizeBytes - 1)) !== 0) {
    throw new RangeError(
      `Cannot make a perf ring as its size must be a power of two and at least ${pageSize}: it is ${sizeBytes}`,
    );
  }
  if (watermarkBytes >= sizeBytes) {
    throw new RangeError(
      `Cannot wake at ${watermarkBytes} bytes as the watermark must be below the ring's ${sizeBytes} bytes`,
    );
  }
}

/**
 * Starts reading a perf event array on the event loop: opens an event and a ring for each online CPU. The map must stay
 * open as long as the reader. Linux 4.4; prefer a ring buffer where there is one (5.8).
 */
export function createPerfReader(map: BpfMap, options: PerfReaderOptions): PerfReader {
  validate(map, options);
  return new PerfReader(map, options, true);
}

/** A reader that the event loop never wakes: `consume()` is the only way. */
export function openPerfReader(map: BpfMap, options: PerfReaderOptions): PerfReader {
  validate(map, options);
  return new PerfReader(map, options, false);
}
