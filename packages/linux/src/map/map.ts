import { COMMANDS, type MapType } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import type { Fd } from "../fd.ts";
import { encodeAttribute } from "../port/attribute.ts";
import { ERRNO, errnoName, systemError } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";
import { ElementPort } from "./element-port.ts";
import { BPF_F_ALL_CPUS, BPF_F_CPU } from "./flags.ts";
import { mapInfo, type MapInfo } from "./info.ts";
import { copiedValueSize, isIndexed } from "./layout.ts";

const NO_KEY = new Uint8Array(0);

/**
 * An open map: owns its descriptor. Keys and values are bytes here; `typedMap()` puts types on them. A per-CPU value
 * is all CPUs' values one after the other, each rounded up to 8 bytes. Methods throw `closed` after disposal, and
 * RangeError for a key or value of the wrong length.
 */
export class BpfMap implements Disposable {
  readonly kernel: Kernel;
  readonly fd: Fd;
  /** What the kernel said when the map was opened. */
  readonly info: MapInfo;
  /** The name it was created with, which the kernel cuts to 15 characters; else the kernel's. */
  readonly name: string;
  readonly type: MapType;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** BPF_F_* flags of BPF_MAP_CREATE. */
  readonly flags: number;
  readonly mapExtra: bigint;
  readonly id: number;
  /** How many bytes a value has on its way: `valueSize`, save for per-CPU maps and maps of descriptors. */
  readonly copySize: number;
  #elements: ElementPort | undefined;

  /** Takes over `fd`, a map's, also when it throws. */
  constructor(kernel: Kernel, fd: Fd, name?: string) {
    this.kernel = kernel;
    this.fd = fd;
    try {
      this.info = mapInfo(kernel, fd);
    } catch (error) {
      fd[Symbol.dispose]();
      throw error;
    }
    this.name = name ?? this.info.name;
    this.type = this.info.type;
    this.keySize = this.info.keySize;
    this.valueSize = this.info.valueSize;
    this.maxEntries = this.info.maxEntries;
    this.flags = this.info.flags;
    this.mapExtra = this.info.mapExtra;
    this.id = this.info.id;
    this.copySize = copiedValueSize(this.type, this.valueSize);
  }

  /**
   * The value at a key, `undefined` when there is none. It is written to `into` if given, which is then returned:
   * nothing is allocated. `flags` may hold BPF_F_LOCK, or BPF_F_CPU with `cpu` (Linux 7.0), which gives one CPU's
   * value of `valueSize` bytes.
   */
  lookup(key: Uint8Array, into?: Uint8Array, flags = 0, cpu = 0): Uint8Array | undefined {
    const elements = this.#prepare(key);
    const result = elements.lookup(flags, cpu);
    if (result === -ERRNO.ENOENT) return undefined;
    if (result < 0) throw this.#failure("look up a key in", result);
    return this.#copyOut(elements.value, into, flags);
  }

  /**
   * Writes the value at a key. `flags`: BPF_ANY, BPF_NOEXIST, BPF_EXIST, or'ed with BPF_F_LOCK, or BPF_F_CPU with `cpu`,
   * or BPF_F_ALL_CPUS, and a value of `valueSize` bytes (Linux 7.0). Throws `exists` or `not-found` as the flags say, `limit` when the map is
   * full.
   */
  update(key: Uint8Array, value: Uint8Array, flags = 0, cpu = 0): void {
    const elements = this.#prepare(key);
    this.#copyIn(elements.value, value, flags);
    const result = elements.update(flags, cpu);
    if (result < 0) throw this.#failure("update a key of", result);
  }

  /** Removes a key. Whether it was there. Arrays refuse with `invalid`. */
  delete(key: Uint8Array): boolean {
    const result = this.#prepare(key).delete();
    if (result === -ERRNO.ENOENT) return false;
    if (result < 0) throw this.#failure("delete a key of", result);
    return true;
  }

  /** Reads a value and removes its key in one step; `undefined` when it is not there. Hash maps: Linux 5.14. */
  lookupAndDelete(key: Uint8Array, into?: Uint8Array, flags = 0): Uint8Array | undefined {
    const elements = this.#prepare(key);
    const result = elements.lookupAndDelete(flags);
    if (result === -ERRNO.ENOENT) return undefined;
    if (result < 0) throw this.#failure("look up and delete a key of", result);
    return this.#copyOut(elements.value, into, flags);
  }

  /**
   * The key after `key` in the kernel's order, the first one without `key`; `undefined` at the end. A key that is no
   * longer there is followed by the first one: iterate with `mapEntries()`, which copes.
   */
  nextKey(key?: Uint8Array, into?: Uint8Array): Uint8Array | undefined {
    const elements = this.#prepare(key ?? NO_KEY);
    const result = key === undefined ? elements.firstKey() : elements.nextKey();
    if (result === -ERRNO.ENOENT) return undefined;
    if (result < 0) throw this.#failure("find the next key of", result);
    return this.#give(elements.next, into);
  }

  /** Adds a value to a queue, stack or bloom filter. BPF_EXIST drops the oldest one when a queue or stack is full. */
  push(value: Uint8Array, flags = 0): void {
    const elements = this.#prepare(NO_KEY);
    this.#copyIn(elements.value, value, flags);
    const result = elements.update(flags, 0);
    if (result < 0) throw this.#failure("push to", result);
  }

  /** Takes the next value off a queue or stack; `undefined` when it is empty. */
  pop(into?: Uint8Array): Uint8Array | undefined {
    return this.lookupAndDelete(NO_KEY, into);
  }

  /** The next value of a queue or stack, which stays; `undefined` when it is empty. */
  peek(into?: Uint8Array): Uint8Array | undefined {
    return this.lookup(NO_KEY, into);
  }

  /** Whether a bloom filter may hold a value: `false` is certain. */
  mayContain(value: Uint8Array): boolean {
    const elements = this.#prepare(NO_KEY);
    this.#copyIn(elements.value, value, 0);
    const result = elements.lookup(0, 0);
    if (result === -ERRNO.ENOENT) return false;
    if (result < 0) throw this.#failure("look up a value in", result);
    return true;
  }

  /** Makes the map read-only for user space, for good; programs may still write. Refused as `busy` while it is mapped writable. */
  freeze(): void {
    const attribute = encodeAttribute(this.kernel, "map_elem", { map_fd: this.fd.value });
    const result = this.kernel.bpf(COMMANDS.map_freeze, attribute);
    if (result < 0) throw this.#failure("freeze", result);
  }

  /** The element calls with their own buffers, for typed access without copies. */
  elements(): ElementPort {
    if (this.fd.closed)
      throw new LinuxError("closed", `Cannot use map "${this.name}": it was closed`);
    this.#elements ??= new ElementPort(this.kernel, this.fd.value, this.keySize, this.copySize);
    return this.#elements;
  }

  /** Closes the descriptor. The map lives on while programs, pins or other descriptors refer to it. */
  [Symbol.dispose](): void {
    this.#elements = undefined;
    this.fd[Symbol.dispose]();
  }

  #prepare(key: Uint8Array): ElementPort {
    const elements = this.fd.closed ? this.elements() : (this.#elements ?? this.elements());
    if (key.length === this.keySize) copyBytes(key, elements.key);
    else if (key !== NO_KEY)
      throw new RangeError(
        `Cannot use a key of ${key.length} bytes: keys of map "${this.name}" have ${this.keySize}`,
      );
    return elements;
  }

  #copyIn(target: Uint8Array, value: Uint8Array, flags: number): void {
    if (value.length === target.length) {
      copyBytes(value, target);
      return;
    }
    const one = (flags & (BPF_F_CPU | BPF_F_ALL_CPUS)) !== 0 && value.length === this.valueSize;
    if (!one)
      throw new RangeError(
        `Cannot use a value of ${value.length} bytes: values of map "${this.name}" have ${target.length}`,
      );
    target.set(value);
  }

  #copyOut(source: Uint8Array, into: Uint8Array | undefined, flags: number): Uint8Array {
    const from = (flags & BPF_F_CPU) === 0 ? source : source.subarray(0, this.valueSize);
    return this.#give(from, into);
  }

  #give(from: Uint8Array, into: Uint8Array | undefined): Uint8Array {
    if (into === undefined) return from.slice();
    if (into.length < from.length)
      throw new RangeError(
        `Cannot read ${from.length} bytes of map "${this.name}" into a buffer of ${into.length}`,
      );
    copyBytes(from, into);
    return into;
  }

  #failure(verb: string, result: number): LinuxError {
    const action = `Cannot ${verb} map "${this.name}"`;
    const named = errnoName(-result);
    switch (-result) {
      case ERRNO.EPERM:
        return new LinuxError(
          "permission",
          `${action} as it is frozen, or was opened without the right: ${named}`,
          -result,
        );
      case ERRNO.EEXIST:
        return new LinuxError("exists", `${action} as the key exists already: ${named}`, -result);
      case ERRNO.ENOENT:
        return new LinuxError(
          "not-found",
          `${action} as the key does not exist: ${named}`,
          -result,
        );
      case ERRNO.E2BIG: {
        const reason = isIndexed(this.type)
          ? `the index is not below ${this.maxEntries}`
          : `it is full with ${this.maxEntries} entries`;
        return new LinuxError("limit", `${action} as ${reason}: ${named}`, -result);
      }
      case ERRNO.ENOTSUPP:
      case ERRNO.EOPNOTSUPP:
        return new LinuxError(
          "unsupported",
          `${action} as type ${this.type} does not offer this: ${named}`,
          -result,
        );
      default:
        break;
    }
    return systemError(action, result);
  }
}

/** Bytes up to which a loop copies faster than `set()`, which costs tens of ns whatever the length: 50 to 100 ns a call of two; bench/map. */
const FEW_BYTES = 32;

/** Copies all of `from` to the start of `to`. Nothing to do when they are the same, as they are for typed maps. */
function copyBytes(from: Uint8Array, to: Uint8Array): void {
  if (from === to) return;
  if (from.length > FEW_BYTES) to.set(from);
  else for (let i = 0; i < from.length; i += 1) to[i] = from[i] ?? 0;
}
