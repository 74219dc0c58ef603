import type { BpfMap } from "../map/map.ts";
import type { RecordMemory } from "./record-memory.ts";
import { RingMemory, type RecordLease } from "./ring-memory.ts";

/** How an iteration over a ring ends early. */
export interface RingRecordsOptions {
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal;
}

/** A record that is still in the ring: `length` bytes at `offset` of `memory`, until the iteration's next step. */
export interface LeasedRecord {
  readonly memory: RecordMemory;
  readonly offset: number;
  readonly length: number;
}

/** Records between two commits while copying. */
const CHUNK = 256;

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

// The watch lives only while somebody waits: epoll is level-triggered, and the body of the loop may be slow.
async function waitReadable(map: BpfMap, signal: AbortSignal | undefined): Promise<void> {
  if (isAborted(signal)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = (): void => {
    resolve();
  };
  using _watch = map.kernel.watch(map.fd.value, stop);
  signal?.addEventListener("abort", stop);
  await promise;
  signal?.removeEventListener("abort", stop);
}

/**
 * Iterates over a ring buffer's records, each a copy that stays. Waits for more when there are none; `break`, or the
 * signal, ends it and unmaps the ring. Linux 5.8.
 */
export async function* copiedRecords(
  map: BpfMap,
  options: RingRecordsOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  using ring = new RingMemory(map);
  const { signal } = options;
  const lease: RecordLease = { offset: 0, length: 0 };
  let taken = 0;
  try {
    while (!isAborted(signal)) {
      if (ring.take(lease)) {
        const record = ring.memory.copy(lease.offset, lease.length);
        taken += 1;
        if (taken % CHUNK === 0) ring.release();
        yield record;
      } else if (!ring.release()) {
        await waitReadable(map, signal);
      }
    }
  } finally {
    ring.release();
  }
}

/**
 * Iterates over a ring buffer's records in place: one object that is pointed at each record in turn, so nothing is copied or
 * allocated. A record's space goes back to the producers at the next step. Linux 5.8.
 */
export async function* leasedRecords(
  map: BpfMap,
  options: RingRecordsOptions = {},
): AsyncGenerator<LeasedRecord, void, void> {
  using ring = new RingMemory(map);
  const { signal } = options;
  const lease: RecordLease & LeasedRecord = { memory: ring.memory, offset: 0, length: 0 };
  try {
    while (!isAborted(signal)) {
      if (ring.take(lease)) {
        yield lease;
        ring.release();
      } else if (!ring.release()) {
        await waitReadable(map, signal);
      }
    }
  } finally {
    ring.release();
  }
}
