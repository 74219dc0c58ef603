import type { BpfMap } from "../map/map.ts";
import type { LossCounter } from "./loss-counter.ts";
import { RingMemory, type OnRecord } from "./ring-memory.ts";

/** What a reader is told beside its map. */
export interface RingReaderOptions {
  readonly onRecord: OnRecord;
  /** Gets what `onRecord` throws on the event loop; without it such an error is an uncaught exception. */
  readonly onError?: (error: unknown) => void;
  /** Where the program counts what it could not write. */
  readonly lossCounter?: LossCounter;
  /** Called with the number of records lost since the last call. Looked up once per second, and on `close`. */
  readonly onLoss?: (count: number) => void;
  /** Records per turn of the event loop, so that the loop gets to other work: 100,000 if absent. */
  readonly maxRecords?: number;
  /** Milliseconds per turn of the event loop: 10 if absent. */
  readonly maxMs?: number;
  /** Also looks every so many milliseconds, for producers that never notify (BPF_RB_NO_WAKEUP). */
  readonly intervalMs?: number;
}

/** What a reader has seen so far. Bytes count headers and padding. */
export interface RingStatistics {
  readonly records: number;
  /** Turns of the event loop that read. */
  readonly wakes: number;
  /** Records lost, as the program's counter says; `undefined` without one. */
  readonly lost: number | undefined;
  readonly sizeBytes: number;
  readonly availableBytes: number;
  /** The most that has lain in the ring when a read began: near `sizeBytes` losses are near. */
  readonly peakBytes: number;
}

/** Records between two looks at the clock. */
const SLICE = 1024;
const LOSS_INTERVAL_MS = 1000;

/**
 * Reads a ring buffer. It is woken through the event loop, which holds all rings of a process in one epoll, reads until
 * the ring is empty or its share of the turn is used up, and keeps the process alive until it is disposed of.
 */
export class RingReader implements Disposable {
  readonly #ring: RingMemory;
  readonly #options: RingReaderOptions;
  readonly #watch: Disposable | undefined;
  readonly #timers: readonly NodeJS.Timeout[];
  #wakes = 0;
  #peak = 0;
  #reportedLoss: number;

  /** Use `createRingReader()`. */
  constructor(map: BpfMap, options: RingReaderOptions, watched: boolean) {
    this.#reportedLoss = options.lossCounter?.total() ?? 0;
    this.#ring = new RingMemory(map);
    this.#options = options;
    const wake = (): void => {
      this.#wake();
    };
    this.#watch = watched ? map.kernel.watch(map.fd.value, wake) : undefined;
    const timers: NodeJS.Timeout[] = [];
    if (watched && options.intervalMs !== undefined)
      timers.push(setInterval(wake, options.intervalMs).unref());
    if (options.lossCounter !== undefined && options.onLoss !== undefined) {
      const look = (): void => {
        this.#reportLoss();
      };
      timers.push(setInterval(look, LOSS_INTERVAL_MS).unref());
    }
    this.#timers = timers;
  }

  /**
   * Reads now what is there, at most `maxRecords`, and returns how many records it was. Throws `closed` after disposal,
   * `busy` inside `onRecord`, and what `onRecord` throws.
   */
  consume(maxRecords: number = Number.POSITIVE_INFINITY): number {
    this.#peak = Math.max(this.#peak, this.#ring.available());
    return this.#ring.drain(this.#options.onRecord, maxRecords);
  }

  /** Throws `closed` after disposal. */
  statistics(): RingStatistics {
    return {
      availableBytes: this.#ring.available(),
      records: this.#ring.records,
      wakes: this.#wakes,
      lost: this.#options.lossCounter?.total(),
      sizeBytes: this.#ring.sizeBytes,
      peakBytes: this.#peak,
    };
  }

  /** Stops reading and unmaps the ring, from inside `onRecord` as soon as that returns. The map stays open. */
  [Symbol.dispose](): void {
    if (this.#ring.closed) return;
    this.#watch?.[Symbol.dispose]();
    for (const timer of this.#timers) clearInterval(timer);
    this.#ring[Symbol.dispose]();
    if (this.#options.onLoss !== undefined) this.#reportLoss();
  }

  #wake(): void {
    // libuv may have seen the ring readable before the watch was closed.
    if (this.#ring.closed) return;
    const { maxRecords = 100_000, maxMs = 10, onError } = this.#options;
    this.#wakes += 1;
    const end = performance.now() + maxMs;
    try {
      for (let left = maxRecords; left > 0; left -= SLICE) {
        // epoll is level-triggered: what is left over wakes the loop's next turn.
        const asked = Math.min(SLICE, left);
        if (this.consume(asked) < asked || this.#ring.closed || performance.now() > end) break;
      }
    } catch (error) {
      if (onError === undefined) throw error;
      onError(error);
    }
  }

  #reportLoss(): void {
    const { lossCounter, onLoss } = this.#options;
    const total = lossCounter?.total() ?? 0;
    const count = total - this.#reportedLoss;
    this.#reportedLoss = total;
    if (count > 0) onLoss?.(count);
  }
}

/**
 * Starts reading a ring buffer map on the event loop. The map must stay open as long as the reader. Any number of readers
 * may run, one per map: a ring has one consumer position. Linux 5.8.
 */
export function createRingReader(map: BpfMap, options: RingReaderOptions): RingReader {
  return new RingReader(map, options, true);
}

/** A reader that the event loop never wakes: `consume()` is the only way. */
export function openRingReader(map: BpfMap, options: RingReaderOptions): RingReader {
  return new RingReader(map, options, false);
}
