import { LinuxError } from "../error.ts";
import type { BpfMap } from "../map/map.ts";
import { systemError } from "../port/errno.ts";
import { MAP_SHARED, PROT_READ, PROT_WRITE, type Mapping } from "../port/kernel.ts";

// A user ring buffer is a ring buffer with the roles exchanged (kernel/bpf/ringbuf.c):
//
//   page 0        consumer page, the kernel's:    0  u64  consumer position
//   page 1        producer page, ours to write:   0  u64  producer position
//   page 2 …      data, ours to write, mapped twice in a row
//
// A record's header, 8 bytes, at a multiple of 8: 0 u32 length with bit 31 busy and bit 30 discarded, 4 u32 zero.
// The kernel stops at a busy record, and reads no data before its header; so the header goes first as busy, then
// the producer position, then the data, and the header last without the bit.
const BUSY = -0x80000000;
const DISCARDED = 0x40000000;
const HEADER_BYTES = 8;

/** Space for one record that the kernel does not see yet. Ends with `submit()` or `discard()`. */
export interface UserRingRecord {
  /** To be written to; empty once the record has ended. */
  readonly bytes: Uint8Array;
  /** Gives the record to the program that drains the ring. */
  submit(): void;
  /** Gives it up: the kernel skips it. */
  discard(): void;
}

/**
 * Writes records that a program reads with `bpf_user_ringbuf_drain()`. The one producer of its ring. Several records may be
 * open at a time; the kernel takes them in the order in which they were reserved. Linux 6.1.
 */
export class UserRing implements Disposable {
  readonly sizeBytes: number;
  readonly #map: BpfMap;
  readonly #mappings: readonly Mapping[];
  readonly #consumer: Int32Array;
  readonly #producer: Int32Array;
  readonly #producerWhole: BigInt64Array;
  readonly #words: Int32Array;
  readonly #data: Uint8Array;
  readonly #mask: number;
  /** Low and high half of the producer position; see RingMemory. */
  #at: number;
  #high: number;
  #closed = false;

  /** Maps the ring. Throws `invalid` for another type of map. The map may be closed afterwards. */
  constructor(map: BpfMap) {
    const { kernel } = map;
    if (map.type !== "user_ringbuf") {
      throw new LinuxError(
        "invalid",
        `Cannot write to map "${map.name}" as a user ring buffer: its type is ${map.type}`,
      );
    }
    const action = `Cannot map user ring buffer "${map.name}"`;
    const page = kernel.pageSize;
    const consumer = kernel.map(map.fd.value, page, PROT_READ, MAP_SHARED, 0);
    if (typeof consumer === "number") throw systemError(action, consumer);
    const length = page + 2 * map.maxEntries;
    const writable = PROT_READ | PROT_WRITE;
    const producer = kernel.map(map.fd.value, length, writable, MAP_SHARED, page);
    if (typeof producer === "number") {
      consumer.unmap();
      throw systemError(action, producer);
    }
    this.#map = map;
    this.#mappings = [consumer, producer];
    this.sizeBytes = map.maxEntries;
    this.#mask = map.maxEntries - 1;
    this.#consumer = new Int32Array(consumer.bytes.buffer, consumer.bytes.byteOffset, 2);
    this.#producer = new Int32Array(producer.bytes.buffer, producer.bytes.byteOffset, 2);
    this.#producerWhole = new BigInt64Array(producer.bytes.buffer, producer.bytes.byteOffset, 1);
    this.#data = producer.bytes.subarray(page);
    this.#words = new Int32Array(
      this.#data.buffer,
      this.#data.byteOffset,
      this.#data.byteLength >>> 2,
    );
    this.#at = this.#producer[0] ?? 0;
    this.#high = this.#producer[1] ?? 0;
  }

  /** Bytes that the kernel has not read yet, headers and padding included. */
  get pendingBytes(): number {
    this.#check();
    return (this.#at - Atomics.load(this.#consumer, 0)) >>> 0;
  }

  /**
   * Space for a record of `length` bytes; `undefined` when the ring is too full for it now. Throws RangeError when it could
   * never fit, and `closed` after disposal.
   */
  reserve(length: number): UserRingRecord | undefined {
    this.#check();
    const total = (length + HEADER_BYTES + 7) & ~7;
    if (!Number.isInteger(length) || length < 0 || length > this.sizeBytes - HEADER_BYTES) {
      throw new RangeError(
        `Cannot reserve ${length} bytes of user ring buffer "${this.#map.name}": a record has 0 to ${this.sizeBytes - HEADER_BYTES}`,
      );
    }
    // The acquire pairs with the kernel's release of what it has read.
    if (this.pendingBytes + total > this.sizeBytes) return undefined;
    const offset = this.#at & this.#mask;
    const index = offset >>> 2;
    Atomics.store(this.#words, index, length | BUSY);
    this.#words[index + 1] = 0;
    this.#publish((this.#at + total) | 0);
    const start = offset + HEADER_BYTES;
    return this.#open(index, length, this.#data.subarray(start, start + length));
  }

  /** Copies a record into the ring and submits it. Whether there was space. */
  write(bytes: Uint8Array): boolean {
    const record = this.reserve(bytes.length);
    if (record === undefined) return false;
    record.bytes.set(bytes);
    record.submit();
    return true;
  }

  #open(index: number, length: number, bytes: Uint8Array): UserRingRecord {
    let open = true;
    const end = (flag: number): void => {
      this.#check();
      if (!open) {
        throw new LinuxError(
          "invalid",
          `Cannot end a record of user ring buffer "${this.#map.name}" a second time`,
        );
      }
      open = false;
      // Sequentially consistent: the data is there before the bit is gone.
      Atomics.store(this.#words, index, length | flag);
    };
    return {
      get bytes() {
        return open ? bytes : bytes.subarray(0, 0);
      },
      submit: () => {
        end(0);
      },
      discard: () => {
        end(DISCARDED);
      },
    };
  }

  #publish(at: number): void {
    if (at >>> 0 < this.#at >>> 0) {
      this.#high = (this.#high + 1) | 0;
      Atomics.store(this.#producerWhole, 0, (BigInt(this.#high) << 32n) | BigInt(at >>> 0));
    } else {
      Atomics.store(this.#producer, 0, at);
    }
    this.#at = at;
  }

  #check(): void {
    if (this.#closed) {
      throw new LinuxError(
        "closed",
        `Cannot write to user ring buffer "${this.#map.name}": it was closed`,
      );
    }
  }

  /** Unmaps the ring. Records that were not submitted stay busy, and the kernel stops before them: end them first. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const mapping of this.#mappings) mapping.unmap();
  }
}

/** Maps a user ring buffer for writing. Linux 6.1. */
export function openUserRing(map: BpfMap): UserRing {
  return new UserRing(map);
}
