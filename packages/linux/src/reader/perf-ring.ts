import type { Fd } from "../fd.ts";
import { systemError } from "../port/errno.ts";
import { MAP_SHARED, PROT_READ, PROT_WRITE, type Kernel, type Mapping } from "../port/kernel.ts";
import { recordMemory, type RecordMemory } from "./record-memory.ts";

/** Gets one record of a CPU's ring, in place, until it returns. */
export type OnPerfRecord = (
  memory: RecordMemory,
  offset: number,
  length: number,
  cpu: number,
) => void;

/** Gets the number of records that the kernel could not write to a CPU's ring. */
export type OnPerfLost = (count: number, cpu: number) => void;

// A perf ring as mmap shows it (struct perf_event_mmap_page, include/uapi/linux/perf_event.h):
//
//   page 0       1024  u64  data_head   where the kernel writes next; only grows, or only falls when it writes backwards
//                1032  u64  data_tail   where we read next
//   page 1 …     data, a power of two, mapped once: a record may be cut at the end
//
// Records begin at multiples of 8 with struct perf_event_header: 0 u32 type, 4 u16 misc, 6 u16 size, header included.
//   SAMPLE with PERF_SAMPLE_RAW:  8 u32 length, 12 data, padded so that length + 4 is a multiple of 8
//   LOST:                         8 u64 id, 16 u64 count
const HEAD = 1024 / 4;
const TAIL = 1032 / 4;
const RECORD_LOST = 2;
const RECORD_SAMPLE = 9;
/** The most that a u16 can say, for records put together after a cut. */
const SCRATCH_BYTES = 0x10000;

/** One CPU's ring: owns its event and its mapping. */
export class PerfRing implements Disposable {
  readonly cpu: number;
  readonly event: Fd;
  readonly sizeBytes: number;
  readonly #memory: RecordMemory;
  readonly #bytes: Uint8Array;
  readonly #scratch = new Uint8Array(SCRATCH_BYTES);
  readonly #scratchMemory = recordMemory(this.#scratch);
  readonly #control: Int32Array;
  readonly #tailWhole: BigInt64Array;
  readonly #mapping: Mapping;
  readonly #overwritable: boolean;
  /** Low half of the position of the next record to read; when writing goes backwards, of the last one read. */
  #at = 0;
  #high = 0;
  #reading = false;
  #stopped = false;

  /** Takes over `event`, also when mapping it fails. */
  constructor(kernel: Kernel, cpu: number, event: Fd, sizeBytes: number, overwritable: boolean) {
    this.cpu = cpu;
    this.event = event;
    this.sizeBytes = sizeBytes;
    this.#overwritable = overwritable;
    const page = kernel.pageSize;
    // Mapped without PROT_WRITE the kernel takes it that nobody reads along, and overwrites.
    const protection = overwritable ? PROT_READ : PROT_READ | PROT_WRITE;
    const mapping = kernel.map(event.value, page + sizeBytes, protection, MAP_SHARED, 0);
    if (typeof mapping === "number") {
      event[Symbol.dispose]();
      throw systemError(`Cannot map the perf ring of CPU ${cpu} with ${sizeBytes} bytes`, mapping);
    }
    this.#mapping = mapping;
    this.#bytes = mapping.bytes.subarray(page);
    this.#memory = recordMemory(this.#bytes);
    this.#control = new Int32Array(mapping.bytes.buffer, mapping.bytes.byteOffset, page / 4);
    this.#tailWhole = new BigInt64Array(mapping.bytes.buffer, mapping.bytes.byteOffset + 1032, 1);
  }

  /** Reads what is complete, oldest first, at most `maxRecords`, and returns their number; losses do not count. */
  drain(onRecord: OnPerfRecord, onLost: OnPerfLost | undefined, maxRecords: number): number {
    if (this.#reading || this.#stopped) return 0;
    this.#reading = true;
    try {
      return this.#overwritable
        ? this.#drainBackwards(onRecord, maxRecords)
        : this.#drainForwards(onRecord, onLost, maxRecords);
    } finally {
      this.#reading = false;
      if (this.#stopped) this.#mapping.unmap();
    }
  }

  #drainForwards(
    onRecord: OnPerfRecord,
    onLost: OnPerfLost | undefined,
    maxRecords: number,
  ): number {
    // The kernel publishes data_head after the data; the acquire is in the load.
    const head = Atomics.load(this.#control, HEAD);
    let at = this.#at;
    let count = 0;
    try {
      while (at !== head && count < maxRecords && !this.#stopped) {
        const size = this.#sizeAt(at);
        // Never written by the kernel; a reader that goes in circles would be worse than one that stops.
        if (size === 0) break;
        const offset = at & (this.sizeBytes - 1);
        at = (at + size) | 0;
        if (this.#deliver(offset, size, onRecord, onLost)) count += 1;
      }
    } finally {
      this.#commit(at);
    }
    return count;
  }

  // Writing backwards, the newest record is at data_head, and what was there at the last reading begins where that ended. The
  // event must be paused, or the records change while they are read.
  #drainBackwards(onRecord: OnPerfRecord, maxRecords: number): number {
    const head = Atomics.load(this.#control, HEAD);
    const fresh = Math.min((this.#at - head) >>> 0, this.sizeBytes);
    const starts: number[] = [];
    for (let distance = 0; distance < fresh;) {
      const size = this.#sizeAt((head + distance) | 0);
      // Zero where nothing was written yet; the oldest record may be half overwritten.
      if (size === 0 || distance + size > fresh) break;
      starts.push((head + distance) | 0);
      distance += size;
    }
    this.#at = head;
    let count = 0;
    for (const start of starts.toReversed()) {
      if (count === maxRecords || this.#stopped) break;
      const offset = start & (this.sizeBytes - 1);
      if (this.#deliver(offset, this.#sizeAt(start), onRecord, undefined)) count += 1;
    }
    return count;
  }

  #sizeAt(at: number): number {
    const word = this.#memory.words[((at & (this.sizeBytes - 1)) >>> 2) + 1] ?? 0;
    return word >>> 16;
  }

  /** Whether it was a sample. */
  #deliver(
    offset: number,
    size: number,
    onRecord: OnPerfRecord,
    onLost: OnPerfLost | undefined,
  ): boolean {
    const type = this.#memory.words[offset >>> 2];
    const cut = offset + size > this.sizeBytes;
    const memory = cut ? this.#scratchMemory : this.#memory;
    const start = cut ? 0 : offset;
    if (cut) {
      const first = this.sizeBytes - offset;
      this.#scratch.set(this.#bytes.subarray(offset), 0);
      this.#scratch.set(this.#bytes.subarray(0, size - first), first);
    }
    if (type === RECORD_SAMPLE) {
      onRecord(memory, start + 12, memory.view.getUint32(start + 8, true), this.cpu);
      return true;
    }
    if (type === RECORD_LOST) {
      const low = memory.view.getUint32(start + 16, true);
      onLost?.(low + memory.view.getUint32(start + 20, true) * 2 ** 32, this.cpu);
    }
    return false;
  }

  #commit(at: number): void {
    if (at === this.#at) return;
    if (at >>> 0 < this.#at >>> 0) {
      this.#high = (this.#high + 1) | 0;
      Atomics.store(this.#tailWhole, 0, (BigInt(this.#high) << 32n) | BigInt(at >>> 0));
    } else {
      Atomics.store(this.#control, TAIL, at);
    }
    this.#at = at;
  }

  /** Closes the event and unmaps the ring, from inside a callback as soon as that returns. */
  [Symbol.dispose](): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.event[Symbol.dispose]();
    if (!this.#reading) this.#mapping.unmap();
  }
}
