import { COMMANDS } from "@ocelli/bpf";

import { encodeAttribute } from "../port/attribute.ts";
import type { Kernel } from "../port/kernel.ts";

// One allocation holds everything a call needs, so that its addresses are computed once. The attribute is
// `union bpf_attr` for the map element commands (include/uapi/linux/bpf.h), 32 bytes:
//    0  u32  map_fd
//    8  u64  key         address of `key`
//   16  u64  value       address of `value`, or of `next`
//   24  u64  flags       BPF_F_CPU keeps the CPU in the upper half
const FLAGS_LOW = 6;
const FLAGS_HIGH = 7;

/**
 * The calls on single elements of one map, without allocation: callers fill `key` and `value`, call, and read. Results
 * are the kernel's, a negated errno on failure. The buffers belong to the port and change with every call.
 */
export class ElementPort {
  readonly #kernel: Kernel;
  readonly #element: Uint8Array;
  readonly #elementWords: Uint32Array;
  // The kernel refuses arguments that a command does not take, so each shape has its own attribute.
  readonly #keyOnly: Uint8Array;
  readonly #step: Uint8Array;
  readonly #first: Uint8Array;
  /** The key that the next call uses; empty for maps without keys. */
  readonly key: Uint8Array;
  /** The value that the next call reads or writes; as long as the kernel copies, so per-CPU values have all CPUs. */
  readonly value: Uint8Array;
  /** Where `nextKey()` writes. */
  readonly next: Uint8Array;

  constructor(kernel: Kernel, fd: number, keySize: number, copySize: number) {
    this.#kernel = kernel;
    const keyRoom = (keySize + 7) & ~7;
    // A multiple of 8 for each part, so that codecs may use 64-bit views.
    const memory = new ArrayBuffer(keyRoom * 2 + ((copySize + 7) & ~7) + 8);
    this.key = new Uint8Array(memory, 0, keySize);
    this.next = new Uint8Array(memory, keyRoom, keySize);
    this.value = new Uint8Array(memory, keyRoom * 2, copySize);
    const start = kernel.address(new Uint8Array(memory));
    const key = keySize === 0 ? 0 : start;
    const next = start + BigInt(keyRoom);
    const value = start + BigInt(keyRoom * 2);
    this.#element = encodeAttribute(kernel, "map_elem", { map_fd: fd, key, value });
    this.#elementWords = new Uint32Array(this.#element.buffer);
    this.#keyOnly = encodeAttribute(kernel, "map_elem", { map_fd: fd, key });
    this.#step = encodeAttribute(kernel, "map_elem", { map_fd: fd, key, next_key: next });
    this.#first = encodeAttribute(kernel, "map_elem", { map_fd: fd, next_key: next });
  }

  #call(command: number, flags: number, cpu: number): number {
    this.#elementWords[FLAGS_LOW] = flags;
    this.#elementWords[FLAGS_HIGH] = cpu;
    return this.#kernel.bpf(command, this.#element);
  }

  /** Reads the element at `key` into `value`. */
  lookup(flags: number, cpu: number): number {
    return this.#call(COMMANDS.map_lookup_elem, flags, cpu);
  }

  /** Writes `value` at `key`. */
  update(flags: number, cpu: number): number {
    return this.#call(COMMANDS.map_update_elem, flags, cpu);
  }

  /** Reads the element at `key` into `value` and removes it. */
  lookupAndDelete(flags: number): number {
    return this.#call(COMMANDS.map_lookup_and_delete_elem, flags, 0);
  }

  /** Removes the element at `key`. */
  delete(): number {
    return this.#kernel.bpf(COMMANDS.map_delete_elem, this.#keyOnly);
  }

  /** Writes the key after `key` to `next`. */
  nextKey(): number {
    return this.#kernel.bpf(COMMANDS.map_get_next_key, this.#step);
  }

  /** Writes the first key to `next`. */
  firstKey(): number {
    return this.#kernel.bpf(COMMANDS.map_get_next_key, this.#first);
  }
}
