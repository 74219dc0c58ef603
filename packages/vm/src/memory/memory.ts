import { VmError } from "../error.ts";
import { webAssembly, type WasmMemory } from "../webassembly.ts";
import { FLOOR, MAX_MEMORY_BYTES, PAGE_BYTES, STACK_TOP } from "./layout.ts";

/** The memory of a machine, as `layout.ts` draws it. Everything a program can reach lies in it, and nothing else. */
export interface VmMemory {
  readonly buffer: ArrayBuffer;
  /** All bytes, by address. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The words of the machine's own page, by address divided by four. */
  readonly words: Int32Array;
  /** Bytes of the whole: one past the highest address. */
  readonly size: number;
  /** One past the highest address that a program may write to; from here to `size` is what it may only read. */
  readonly writableEnd: number;
  /** What a module of the JIT imports; absent where the host has no WebAssembly. */
  readonly wasm: WasmMemory | undefined;
  /**
   * Sets bytes aside, zeroed, and gives their address, a multiple of `alignment` (8 by default, a power of two). Throws
   * `argument` when the memory is full; it never grows, so views of it stay valid.
   */
  readonly allocate: (size: number, alignment?: number) => number;
  /** The same for what programs may read only: it lies in the `readOnlySize` bytes that the memory was made with. */
  readonly allocateReadOnly: (size: number, alignment?: number) => number;
  /** Whether a program may read so many bytes there. */
  readonly isReadable: (address: number, size: number) => boolean;
  /** Whether a program may write so many bytes there. */
  readonly isWritable: (address: number, size: number) => boolean;
  /** Everything allocated later than the mark is free again. */
  readonly release: (mark: number) => void;
  /** The present end of what is allocated, for `release()`. */
  readonly mark: () => number;
}

/** How a machine's memory is made. */
export interface MemoryOptions {
  /** Bytes, rounded up to 64 KiB: 1 MiB by default, 2 GiB - 64 KiB at most. */
  readonly size?: number;
  /** How many of them programs may read only, for `allocateReadOnly()`: none by default. */
  readonly readOnlySize?: number;
}

/** Makes a memory. Throws `argument` when the size cannot be had. */
export function createMemory(options: MemoryOptions = {}): VmMemory {
  const { size = 1 << 20, readOnlySize = 0 } = options;
  const pages = Math.ceil(size / PAGE_BYTES);
  if (!(pages >= 1 && pages * PAGE_BYTES <= MAX_MEMORY_BYTES)) {
    throw new VmError(
      "argument",
      `Cannot make a memory of ${size} bytes: give 1 to ${MAX_MEMORY_BYTES}`,
    );
  }
  const all = pages * PAGE_BYTES;
  if (!(readOnlySize >= 0 && readOnlySize <= all - STACK_TOP)) {
    throw new VmError(
      "argument",
      `Cannot make a memory of ${all} bytes with ${readOnlySize} that are only read: give 0 to ${all - STACK_TOP}`,
    );
  }
  const wasm =
    webAssembly === undefined
      ? undefined
      : new webAssembly.Memory({ initial: pages, maximum: pages });
  const buffer = wasm?.buffer ?? new ArrayBuffer(all);
  const bytes = new Uint8Array(buffer);
  const writableEnd = all - Math.ceil(readOnlySize / 8) * 8;
  const place = (
    from: number,
    to: number,
    wanted: number,
    alignment: number,
    what: string,
  ): number => {
    const address = Math.ceil(from / alignment) * alignment;
    if (!(wanted >= 0 && address + wanted <= to)) {
      throw new VmError(
        "argument",
        `Cannot allocate ${wanted} bytes: ${Math.max(0, to - address)} of ${all} are free${what}; make a larger memory`,
      );
    }
    bytes.fill(0, address, address + wanted);
    return address;
  };
  let end = STACK_TOP;
  let readOnlyEnd = writableEnd;
  return {
    buffer,
    bytes,
    view: new DataView(buffer),
    words: new Int32Array(buffer, 0, STACK_TOP / 4),
    size: all,
    writableEnd,
    wasm,
    allocate: (wanted, alignment = 8) => {
      const address = place(end, writableEnd, wanted, alignment, "");
      end = address + wanted;
      return address;
    },
    allocateReadOnly: (wanted, alignment = 8) => {
      const address = place(readOnlyEnd, all, wanted, alignment, " for what is only read");
      readOnlyEnd = address + wanted;
      return address;
    },
    isReadable: (address, wanted) => address >= FLOOR && wanted >= 0 && address + wanted <= all,
    isWritable: (address, wanted) =>
      address >= FLOOR && wanted >= 0 && address + wanted <= writableEnd,
    release: (mark) => {
      end = Math.min(end, Math.max(mark, STACK_TOP));
    },
    mark: () => end,
  };
}
