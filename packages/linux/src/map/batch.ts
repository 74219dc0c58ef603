import { COMMANDS } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { encodeAttribute } from "../port/attribute.ts";
import { codeOfErrno, ERRNO, errnoName } from "../port/errno.ts";
import type { BpfMap } from "./map.ts";

/** A batch that stopped on the way: the first `count` entries were done. */
export class BatchError extends LinuxError {
  readonly count: number;

  constructor(message: string, errno: number, count: number) {
    super(codeOfErrno(errno), message, errno);
    this.count = count;
  }
}

// Word index of `count` in the batch attribute; see `batch` in port/attributes.gen.ts.
const COUNT = 8;

/** How often a batch that lost a race against deletions is tried again before EINTR is reported. */
const RETRIES = 16;

/**
 * Where a walk over a map stands, and the entries that the last step read: `count` keys in `keys` and as many values
 * in `values`, one right after the other. The buffers are reused by each step, and replaced when one bucket of a hash
 * table holds more than fits.
 */
export class BatchCursor {
  readonly map: BpfMap;
  keys: Uint8Array;
  values: Uint8Array;
  /** How many entries the last step read. */
  count = 0;
  /** Whether the last entry was read. */
  done = false;
  readonly #position: Uint8Array;
  readonly #flags: number;
  #attribute: Uint8Array;
  #words: Uint32Array;
  #capacity: number;
  #started = false;

  /** `capacity`: entries per step. `flags`: BPF_F_LOCK. */
  constructor(map: BpfMap, capacity: number = defaultCapacity(map), flags = 0) {
    if (capacity < 1)
      throw new RangeError(
        `Cannot read a batch as its capacity must be at least 1: it is ${capacity}`,
      );
    this.map = map;
    this.#flags = flags;
    // Hash tables keep a bucket's number (4 bytes) there, other maps a key.
    this.#position = new Uint8Array(Math.max(8, map.keySize));
    this.#capacity = capacity;
    this.keys = new Uint8Array(capacity * map.keySize);
    this.values = new Uint8Array(capacity * map.copySize);
    this.#attribute = this.#encode();
    this.#words = new Uint32Array(this.#attribute.buffer);
  }

  #encode(): Uint8Array {
    return encodeAttribute(this.map.kernel, "batch", {
      in_batch: this.#started ? this.#position : 0,
      out_batch: this.#position,
      keys: this.keys,
      values: this.values,
      map_fd: this.map.fd.value,
      elem_flags: this.#flags,
    });
  }

  #grow(): void {
    this.#capacity *= 2;
    this.keys = new Uint8Array(this.#capacity * this.map.keySize);
    this.values = new Uint8Array(this.#capacity * this.map.copySize);
    this.#renew();
  }

  #renew(): void {
    this.#attribute = this.#encode();
    this.#words = new Uint32Array(this.#attribute.buffer);
  }

  /** Reads the next entries; returns `count`, 0 once all were read. For `lookupBatch()` and its sibling. */
  step(command: number, verb: string): number {
    this.count = 0;
    for (let attempt = 0; !this.done;) {
      // A closed map throws here, before its number is used again.
      if (this.map.fd.value < 0) break;
      this.#words[COUNT] = this.#capacity;
      const result = this.map.kernel.bpf(command, this.#attribute);
      if (result === -ERRNO.ENOSPC) {
        // Nothing was read: the next bucket alone is larger than the buffers, and the position points at it.
        this.#started = true;
        this.#grow();
        continue;
      }
      if (result === -ERRNO.EINTR && attempt < RETRIES) {
        attempt += 1;
        continue;
      }
      if (result < 0 && result !== -ERRNO.ENOENT) throw batchError(this.map, verb, result, 0);
      this.done = result === -ERRNO.ENOENT;
      this.count = this.#words[COUNT] ?? 0;
      if (!this.#started) {
        this.#started = true;
        this.#renew();
      }
      if (this.count > 0) break;
    }
    return this.count;
  }
}

/** About 256 KiB per step, no more than the map can hold. */
function defaultCapacity(map: BpfMap): number {
  const fitting = Math.floor((256 * 1024) / Math.max(1, map.keySize + map.copySize));
  return Math.max(1, Math.min(map.maxEntries, fitting));
}

function batchError(map: BpfMap, verb: string, result: number, count: number): BatchError {
  const errno = -result;
  const reason =
    errno === ERRNO.ENOTSUPP || errno === ERRNO.EOPNOTSUPP
      ? ` as this kernel has no batches for type ${map.type}`
      : "";
  const done = count === 0 ? "" : ` after ${count} entries`;
  return new BatchError(
    `Cannot ${verb} map "${map.name}" in batches${reason}${done}: ${errnoName(errno)}`,
    errno,
    count,
  );
}

/**
 * Reads the next entries of a map into the cursor; returns how many, 0 at the end. In hash tables, whole buckets are
 * read, so that entries which are there all the while are read exactly once, whatever else is deleted or added.
 * Hash tables and arrays: Linux 5.6. Throws `unsupported` for other types.
 */
export function lookupBatch(cursor: BatchCursor): number {
  return cursor.step(COMMANDS.map_lookup_batch, "read");
}

/** Reads the next entries of a hash table and removes them in the same step. Linux 5.6. */
export function lookupAndDeleteBatch(cursor: BatchCursor): number {
  return cursor.step(COMMANDS.map_lookup_and_delete_batch, "read and empty");
}

function entryCount(map: BpfMap, keys: Uint8Array, values: Uint8Array | undefined): number {
  const count = keys.length / map.keySize;
  const fits = values === undefined || values.length === count * map.copySize;
  if (Number.isInteger(count) && fits) return count;
  const given =
    values === undefined
      ? `${keys.length} bytes of keys`
      : `${keys.length} bytes of keys and ${values.length} bytes of values`;
  throw new RangeError(
    `Cannot use ${given} as a batch: each entry of map "${map.name}" has ${map.keySize} and ${map.copySize}`,
  );
}

/**
 * Writes many entries: keys and values one right after the other. Returns how many. Throws `BatchError`, which says how
 * many were written before the one that failed. `flags`: BPF_F_LOCK or nothing. Linux 5.6; per-CPU arrays 5.13.
 */
export function updateBatch(map: BpfMap, keys: Uint8Array, values: Uint8Array, flags = 0): number {
  const count = entryCount(map, keys, values);
  if (count === 0) return 0;
  const attribute = encodeAttribute(map.kernel, "batch", {
    keys,
    values,
    count,
    map_fd: map.fd.value,
    elem_flags: flags,
  });
  const result = map.kernel.bpf(COMMANDS.map_update_batch, attribute);
  const done = new Uint32Array(attribute.buffer)[COUNT] ?? 0;
  // An old kernel that lacks the operation leaves the count as it was.
  if (result < 0) throw batchError(map, "update", result, done === count ? 0 : done);
  return done;
}

/** Removes many keys; returns how many of them were there. Linux 5.6. */
export function deleteBatch(map: BpfMap, keys: Uint8Array): number {
  const total = entryCount(map, keys, undefined);
  let removed = 0;
  for (let next = 0; next < total;) {
    const rest = keys.subarray(next * map.keySize);
    const attribute = encodeAttribute(map.kernel, "batch", {
      keys: rest,
      count: total - next,
      map_fd: map.fd.value,
    });
    const result = map.kernel.bpf(COMMANDS.map_delete_batch, attribute);
    if (result < 0 && result !== -ERRNO.ENOENT) throw batchError(map, "empty", result, removed);
    const done = new Uint32Array(attribute.buffer)[COUNT] ?? 0;
    removed += done;
    // The kernel stops at a key that is not there: go on behind it.
    next += result === 0 ? done : done + 1;
    if (result === 0) break;
  }
  return removed;
}
