import { LinuxError } from "../error.ts";
import { ERRNO, errnoName, systemError } from "../port/errno.ts";
import { MAP_SHARED, PROT_READ, PROT_WRITE, type Mapping } from "../port/kernel.ts";
import { MAP_FLAGS } from "./flags.ts";
import type { BpfMap } from "./map.ts";

/**
 * A map's memory, mapped into this process: reads and writes without system calls, at the same moment as the kernel's
 * programs do. It owns the mapping; whatever it lent fails with `closed` after disposal, and cannot end the process.
 */
export class MappedMemory implements Disposable {
  /** In bytes. */
  readonly size: number;
  readonly writable: boolean;
  /** Where it lies in this process: for arenas, the same in the program's pointers. */
  readonly address: bigint;
  readonly #name: string;
  readonly #mapping: Mapping;
  readonly #view: DataView;
  #open = true;

  /** Takes over `mapping`. `name` is for messages. `size` leaves out the end of the last page. */
  constructor(mapping: Mapping, name: string, writable: boolean, size: number) {
    this.#mapping = mapping;
    this.#name = name;
    this.writable = writable;
    this.size = size;
    this.address = mapping.address;
    this.#view = new DataView(mapping.bytes.buffer, mapping.bytes.byteOffset, size);
  }

  /**
   * The memory itself, for codecs; not to be kept, and never to be written when `writable` is false: that ends the
   * process. Throws `closed`.
   */
  view(): DataView {
    if (this.#open) return this.#view;
    throw new LinuxError("closed", `Cannot use the memory of map "${this.#name}": it was closed`);
  }

  /** The same for writing. Throws `permission` when the memory is read-only. */
  writableView(): DataView {
    if (this.writable) return this.view();
    throw new LinuxError(
      "permission",
      `Cannot write to the memory of map "${this.#name}" as it is read-only`,
    );
  }

  /** A copy of a part. Throws RangeError for a part that is not inside. */
  read(offset: number, length: number): Uint8Array {
    this.#check(offset, length);
    return this.#part(this.view(), offset, length).slice();
  }

  /** Writes bytes. Not atomic: use `AtomicVariable` for what programs write too. */
  write(offset: number, bytes: Uint8Array): void {
    this.#check(offset, bytes.length);
    this.#part(this.writableView(), offset, bytes.length).set(bytes);
  }

  /** A part of writable memory to work on in place, until it or the memory is disposed of. */
  lease(offset: number, length: number): MemoryLease {
    this.#check(offset, length);
    return new MemoryLease(this, offset, length);
  }

  /** Unmaps. Views of this memory become empty. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#mapping.unmap();
  }

  #part(view: DataView, offset: number, length: number): Uint8Array {
    return new Uint8Array(view.buffer, view.byteOffset + offset, length);
  }

  #check(offset: number, length: number): void {
    if (offset >= 0 && length >= 0 && offset + length <= this.size) return;
    throw new RangeError(
      `Cannot use bytes ${offset} to ${offset + length} of map "${this.#name}": its memory has ${this.size} bytes`,
    );
  }
}

/** The right to work on a part of `MappedMemory` in place. */
export class MemoryLease implements Disposable {
  readonly #memory: MappedMemory;
  readonly #offset: number;
  readonly length: number;
  #open = true;

  constructor(memory: MappedMemory, offset: number, length: number) {
    this.#memory = memory;
    this.#offset = offset;
    this.length = length;
  }

  /** The bytes in place. Ask again rather than keep them. Throws `closed`, or `permission` for read-only memory. */
  get bytes(): Uint8Array {
    if (!this.#open)
      throw new LinuxError("closed", "Cannot use a lease of memory: it was given back");
    const view = this.#memory.writableView();
    return new Uint8Array(view.buffer, view.byteOffset + this.#offset, this.length);
  }

  [Symbol.dispose](): void {
    this.#open = false;
  }
}

/** How many bytes an array map's values take together: each is rounded up to 8. */
export function arrayMemorySize(map: BpfMap): number {
  return ((map.valueSize + 7) & ~7) * map.maxEntries;
}

/**
 * Maps an array map that was created with `mmapable` (Linux 5.5): entry i lies at i times `valueSize` rounded up to 8.
 * Frozen maps and maps that programs only read are mapped read-only; `access: "read"` asks for that.
 */
export function mapArray(map: BpfMap, access: "read-write" | "read" = "read-write"): MappedMemory {
  const action = `Cannot map the memory of map "${map.name}"`;
  if (map.type !== "array")
    throw new LinuxError(
      "invalid",
      `${action} as only arrays can be mapped: it is of type ${map.type}`,
    );
  if ((map.flags & MAP_FLAGS.mmapable) === 0)
    throw new LinuxError("invalid", `${action}: create it with MAP_FLAGS.mmapable`);
  const { kernel } = map;
  const size = arrayMemorySize(map);
  const length = Math.ceil(size / kernel.pageSize) * kernel.pageSize;
  const attempt = (protection: number): Mapping | number =>
    kernel.map(map.fd.value, length, protection, MAP_SHARED, 0);
  let writable = access === "read-write";
  let mapping = attempt(writable ? PROT_READ | PROT_WRITE : PROT_READ);
  // Frozen: EPERM. Read-only for programs, or opened for reading: EACCES.
  if (writable && (mapping === -ERRNO.EPERM || mapping === -ERRNO.EACCES)) {
    writable = false;
    mapping = attempt(PROT_READ);
  }
  if (typeof mapping === "number") throw systemError(action, mapping);
  return new MappedMemory(mapping, map.name, writable, size);
}

/**
 * Maps an arena (Linux 6.9): programs and this process see the same pages, and a program's pointers hold addresses
 * from `address` on. Without `mapExtra` the kernel picks the address at the first mapping. Map it before loading
 * programs that use it: the verifier needs the address. Pages come into being when either side touches them.
 * Refuses arenas with `segv_on_fault`, where reading a page that no program allocated would end this process.
 */
export function mapArena(map: BpfMap): MappedMemory {
  const action = `Cannot map arena "${map.name}"`;
  if (map.type !== "arena") throw new LinuxError("invalid", `${action}: it is of type ${map.type}`);
  if ((map.flags & MAP_FLAGS.segv_on_fault) !== 0)
    throw new LinuxError(
      "unsupported",
      `${action}: with segv_on_fault, reading a page that is not allocated would end this process`,
    );
  const { kernel, mapExtra } = map;
  const length = map.maxEntries * kernel.pageSize;
  const address = mapExtra === 0n ? undefined : mapExtra;
  const mapping = kernel.map(map.fd.value, length, PROT_READ | PROT_WRITE, MAP_SHARED, 0, address);
  if (mapping === -ERRNO.EEXIST)
    throw new LinuxError(
      "busy",
      `${action} at 0x${mapExtra.toString(16)} as other memory is there: ${errnoName(-mapping)}`,
      -mapping,
    );
  if (typeof mapping === "number") throw systemError(action, mapping);
  return new MappedMemory(mapping, map.name, true, length);
}
