import type { EntryBatch } from "@ocelli/linux";
import { CALL_VALUE } from "@ocelli/probes";

/** How often one process made one system call. */
export interface CallCount {
  readonly pid: number;
  /** System call number. */
  readonly call: number;
  /** The process's name when it first made the call. */
  readonly comm: string;
  /** Since the start. */
  readonly total: number;
  /** Since the picture before. */
  readonly recent: number;
}

/** How often a system call was made by all processes, those that have ended among them. */
export type CallSum = Omit<CallCount, "pid" | "comm">;

interface Pair {
  readonly pid: number;
  readonly call: number;
  readonly comm: string;
  /** What the kernel's map said last. */
  kernel: number;
  total: number;
  recent: number;
}

interface Counter {
  readonly call: number;
  total: number;
  recent: number;
}

/**
 * Adds up the probe's `calls` map from picture to picture. A pair that gave way in the kernel's LRU starts again at
 * zero there; its total here goes on.
 */
export class CallCounts {
  readonly #cpus: number;
  readonly #pairs = new Map<string, Pair>();
  readonly #calls = new Map<number, Counter>();

  /** `cpus`: possible CPUs, each of which has a value of its own. */
  constructor(cpus: number) {
    this.#cpus = cpus;
  }

  /** Takes in all entries of the map. */
  update(batches: Iterable<EntryBatch>): void {
    for (const pair of this.#pairs.values()) pair.recent = 0;
    for (const counter of this.#calls.values()) counter.recent = 0;
    for (const { keys, values, count } of batches) {
      const keyView = new DataView(keys.buffer, keys.byteOffset, keys.byteLength);
      const valueView = new DataView(values.buffer, values.byteOffset, values.byteLength);
      for (let i = 0; i < count; i += 1) {
        const pid = keyView.getUint32(i * 8, true);
        const call = keyView.getUint32(i * 8 + 4, true);
        let kernel = 0;
        let comm = "";
        for (let cpu = 0; cpu < this.#cpus; cpu += 1) {
          const at = (i * this.#cpus + cpu) * CALL_VALUE.size;
          kernel += valueView.getUint32(at, true) + valueView.getUint32(at + 4, true) * 2 ** 32;
          if (comm === "") comm = commAt(values, at + CALL_VALUE.comm);
        }
        this.#add(pid, call, kernel, comm);
      }
    }
  }

  /** Every pair of a process and a system call that is remembered. */
  pairs(): readonly CallCount[] {
    return Array.from(this.#pairs.values(), ({ pid, call, comm, total, recent }) => ({
      pid,
      call,
      comm,
      total,
      recent,
    }));
  }

  /** Every system call that was made. */
  calls(): readonly CallSum[] {
    return [...this.#calls.values()];
  }

  /** Forgets processes that have ended and gives their ids; their calls stay in `calls()`. */
  forget(isAlive: (pid: number) => boolean): Set<number> {
    const gone = new Set<number>();
    for (const [key, { pid, recent }] of this.#pairs) {
      if (recent > 0 || (!gone.has(pid) && isAlive(pid))) continue;
      this.#pairs.delete(key);
      gone.add(pid);
    }
    return gone;
  }

  #add(pid: number, call: number, kernel: number, comm: string): void {
    const key = `${pid} ${call}`;
    const pair = this.#pairs.get(key) ?? { pid, call, comm, kernel: 0, total: 0, recent: 0 };
    this.#pairs.set(key, pair);
    const more = kernel >= pair.kernel ? kernel - pair.kernel : kernel;
    pair.kernel = kernel;
    pair.recent = more;
    pair.total += more;
    const counter = this.#calls.get(call) ?? { call, total: 0, recent: 0 };
    this.#calls.set(call, counter);
    counter.recent += more;
    counter.total += more;
  }
}

function commAt(values: Uint8Array, offset: number): string {
  const field = values.subarray(offset, offset + CALL_VALUE.commBytes);
  const end = field.indexOf(0);
  return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString("utf8");
}
