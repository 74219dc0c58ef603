import { LinuxError } from "../error.ts";
import { MAP_FLAGS } from "../map/flags.ts";
import type { BpfMap } from "../map/map.ts";
import { systemError } from "../port/errno.ts";
import { MAP_SHARED, PROT_READ, PROT_WRITE, type Mapping } from "../port/kernel.ts";
import { recordMemory, type RecordMemory } from "./record-memory.ts";

/**
 * Gets one record: `length` bytes at `offset` of `memory`. They may be read until the callback returns; what shall stay
 * is copied with `memory.copy(offset, length)`.
 */
export type OnRecord = (memory: RecordMemory, offset: number, length: number) => void;

/** Where a record lies in the ring's memory. */
export interface RecordLease {
  offset: number;
  length: number;
}

// A ring buffer's descriptor as mmap shows it (kernel/bpf/ringbuf.c):
//
//   page 0        consumer page, ours to write:   0  u64  consumer position
//   page 1        producer page, read only:       0  u64  producer position
//   page 2 …      data, read only, mapped twice in a row, so that no record is cut at the end
//
// A record's header, 8 bytes, at a multiple of 8:
//   0  u32  length of the data that follows; bit 31: still being written (busy), bit 30: to be skipped (discarded)
//   4  u32  the kernel's own
const DISCARDED = 1 << 30;
const LENGTH = DISCARDED - 1;

// Positions only grow, and count bytes since the map was made. At most 2 GiB lie between the two, so their low halves say
// all about the distance: `at` below is one, a signed 32-bit number that wraps. The high half is only carried along.

/** Records of a batch at most: keeps the count a small integer, which Infinity is not. */
const MOST = 1 << 30;
/** Bytes after which space is given back within a batch; not less often than four times per ring. */
const COMMIT_BYTES = 1 << 20;

/**
 * The mapped memory of one ring buffer map, its only owner and its only consumer. Reads in place, and gives space back to
 * the producers in batches.
 */
export class RingMemory implements Disposable {
  /** Both copies of the data area. */
  readonly memory: RecordMemory;
  readonly sizeBytes: number;
  readonly #name: string;
  readonly #words: Int32Array;
  readonly #consumer: Int32Array;
  readonly #consumerWhole: BigInt64Array;
  readonly #producer: Int32Array;
  readonly #mappings: readonly Mapping[];
  readonly #mask: number;
  readonly #batch: number;
  /** Whether loads must be ordered by hand. */
  readonly #weak: boolean;
  #lease: RecordLease = { offset: 0, length: 0 };
  readonly #point: OnRecord = (_memory, offset, length) => {
    this.#lease.offset = offset;
    this.#lease.length = length;
  };
  #at: number;
  #committed: number;
  #high: number;
  #records = 0;
  #draining = false;
  #stopped = false;
  #unmapped = false;

  /** Maps the ring. Throws `invalid` for another type of map and `unsupported` for one that overwrites its records. */
  constructor(map: BpfMap) {
    const { kernel } = map;
    if (map.type !== "ringbuf") {
      throw new LinuxError(
        "invalid",
        `Cannot read map "${map.name}" as a ring buffer: its type is ${map.type}`,
      );
    }
    if ((map.flags & MAP_FLAGS.rb_overwrite) !== 0) {
      throw new LinuxError(
        "unsupported",
        `Cannot read ring buffer "${map.name}" as its producers overwrite what is being read: create it without BPF_F_RB_OVERWRITE`,
      );
    }
    const action = `Cannot map ring buffer "${map.name}"`;
    const page = kernel.pageSize;
    const consumer = kernel.map(map.fd.value, page, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
    if (typeof consumer === "number") throw systemError(action, consumer);
    const length = page + 2 * map.maxEntries;
    const producer = kernel.map(map.fd.value, length, PROT_READ, MAP_SHARED, page);
    if (typeof producer === "number") {
      consumer.unmap();
      throw systemError(action, producer);
    }
    this.#mappings = [consumer, producer];
    this.#name = map.name;
    this.sizeBytes = map.maxEntries;
    this.#mask = map.maxEntries - 1;
    this.#batch = Math.min(COMMIT_BYTES, map.maxEntries / 4);
    this.#weak = kernel.architecture === "arm64";
    this.#consumer = new Int32Array(consumer.bytes.buffer, consumer.bytes.byteOffset, 2);
    this.#consumerWhole = new BigInt64Array(consumer.bytes.buffer, consumer.bytes.byteOffset, 1);
    this.#producer = new Int32Array(producer.bytes.buffer, producer.bytes.byteOffset, 2);
    const data = producer.bytes.subarray(page);
    this.#words = new Int32Array(data.buffer, data.byteOffset, data.byteLength >>> 2);
    this.memory = recordMemory(data);
    this.#at = this.#consumer[0] ?? 0;
    this.#high = this.#consumer[1] ?? 0;
    this.#committed = this.#at;
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.#stopped;
  }

  /** Records read so far. */
  get records(): number {
    return this.#records;
  }

  /** Bytes between the consumer's and the producers' position, headers and unfinished records included. */
  available(): number {
    this.#check();
    return (Atomics.load(this.#producer, 0) - this.#at) >>> 0;
  }

  /**
   * Calls back for the records that are complete, oldest first, at most `maxRecords` of them, and returns their number. When
   * it returns less than that, then at a moment after the last commit there was no complete record left: whoever sleeps
   * until the ring is readable misses none. What `onRecord` throws comes through; its record counts as read.
   */
  drain(onRecord: OnRecord, maxRecords: number): number {
    this.#check();
    if (this.#draining) {
      throw new LinuxError("busy", `Cannot read ring buffer "${this.#name}" from its own callback`);
    }
    this.#draining = true;
    let count = 0;
    try {
      do {
        count += this.#drainBatch(onRecord, Math.min(maxRecords - count, MOST));
        // The kernel wakes a reader only if the record that it commits lies at the consumer position it then sees. While
        // ours was out of date it may have kept quiet, so look again after each store: the next round's loads follow
        // the sequentially consistent store, as the kernel's load follows its atomic exchange of the header.
      } while (this.#commit() && count < maxRecords && !this.#stopped);
    } finally {
      this.#draining = false;
      this.#commit();
      if (this.#stopped) this.#unmap();
    }
    return count;
  }

  /**
   * Points `lease` at the oldest complete record that was not read yet; `false` when there is none. Its bytes are valid
   * until `release()`.
   */
  take(lease: RecordLease): boolean {
    this.#check();
    this.#lease = lease;
    for (;;) {
      const before = this.#at;
      if (this.#drainBatch(this.#point, 1) === 1) return true;
      // A batch may end after discarded records alone.
      if (this.#at === before) return false;
    }
  }

  /** Gives what was taken back to the producers. Whether there was anything; if so, look again before sleeping. */
  release(): boolean {
    this.#check();
    return this.#commit();
  }

  // Order of loads. The producer position is published after a record's header says busy, so a header below it is never
  // stale; the acquire is Atomics.load(). The bits of the header change later, when the record is complete, so its data must
  // be read after its header. On x86-64 the processor keeps loads in order, and the compiler does too: the loads of
  // the data hang on a branch on the header, and V8 moves no load of an array above a branch or another effect.
  // Each header is loaded once, so there is nothing to hoist or to merge. Arm's processors do pass loads by each other,
  // branch or not, so there the header's load is an acquire as well, which on x86-64 would halve the speed.
  //
  // The speed is that of a chain: the next header's address hangs on this header's length. So the bits above the length are
  // looked at beside the chain, not masked off in it, and offsets are not folded back at the ring's end: at most the ring's
  // size lies between the positions, and the area is mapped twice. That leaves load, add, and, add, shift: 2.3 ns a record
  // of 64 bytes that is in the cache, where folding and masking take 2.8; bench/ring. `| 0` keeps
  // everything an int32, which wraps in the second copy of a ring of 2 GiB; records' offsets are made positive again.
  #drainBatch(onRecord: OnRecord, maxRecords: number): number {
    const words = this.#words;
    const memory = this.memory;
    const weak = this.#weak;
    const start = this.#at;
    const first = start & this.#mask;
    const available = (Atomics.load(this.#producer, 0) - start) >>> 0;
    // The nearer of the producers' position and the end of the batch; a record may reach beyond the latter.
    const end = maxRecords > 0 ? (first + Math.min(available, this.#batch)) | 0 : first;
    let left = maxRecords | 0;
    let offset = first;
    // What the callback throws leaves by way of `finally`, after `offset` has passed its record.
    try {
      while (((offset - end) | 0) < 0) {
        const header = weak ? Atomics.load(words, offset >>> 2) : (words[offset >>> 2] ?? -1);
        // One comparison for both bits.
        if (header >>> 0 >= DISCARDED) {
          if (header < 0) break;
          offset = (offset + (((header & LENGTH) + 15) & ~7)) | 0;
          continue;
        }
        // Without its two upper bits the header is the length.
        const record = (offset + 8) >>> 0;
        offset = (offset + ((header + 15) & ~7)) | 0;
        left = (left - 1) | 0;
        onRecord(memory, record, header);
        if (left === 0 || this.#stopped) break;
      }
    } finally {
      this.#at = (start + (offset - first)) | 0;
      this.#records += maxRecords - left;
    }
    return maxRecords - left;
  }

  /** Gives everything that was read back to the producers. Whether there was anything. */
  #commit(): boolean {
    const at = this.#at;
    if (at === this.#committed || this.#unmapped) return false;
    // Below, as unsigned numbers: the low half has wrapped.
    if (at >>> 0 < this.#committed >>> 0) {
      this.#high = (this.#high + 1) | 0;
      const whole = (BigInt(this.#high) << 32n) | BigInt(at >>> 0);
      Atomics.store(this.#consumerWhole, 0, whole);
    } else {
      // The other half stays, and one half is stored in one piece.
      Atomics.store(this.#consumer, 0, at);
    }
    this.#committed = at;
    return true;
  }

  /** Unmaps the ring; from inside `onRecord`, as soon as that returns. */
  [Symbol.dispose](): void {
    if (this.#stopped) return;
    this.#stopped = true;
    if (!this.#draining) this.#unmap();
  }

  #unmap(): void {
    this.#unmapped = true;
    for (const mapping of this.#mappings) mapping.unmap();
  }

  #check(): void {
    if (this.#stopped) {
      throw new LinuxError(
        "closed",
        `Cannot read ring buffer "${this.#name}": its reader was closed`,
      );
    }
  }
}
