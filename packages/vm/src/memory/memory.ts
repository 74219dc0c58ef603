import { VmError } from "../error.ts";
import { webAssembly, type WasmMemory } from "../webassembly.ts";
import { MAX_MEMORY_BYTES, PAGE_BYTES, STACK_TOP } from "./layout.ts";

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
  /** What a module of the JIT imports; absent where the host has no WebAssembly. */
  readonly wasm: WasmMemory | undefined;
  /**
   * Sets bytes aside, zeroed, and gives their address, a multiple of `alignment` (8 by default, a power of two). Throws
   * `argument` when the memory is full; it never grows, so views of it stay valid.
   */
  readonly allocate: (size: number, alignment?: number) => number;
  /** Everything allocated later than the mark is free again. */
  readonly release: (mark: number) => void;
  /** The present end of what is allocated, for `release()`. */
  readonly mark: () => number;
}

/** How a machine's memory is made. */
export interface MemoryOptions {
  /** Bytes, rounded up to 64 KiB: 1 MiB by default, 2 GiB - 64 KiB at most. */
  readonly size?: number;
}

/** Makes a memory. Throws `argument` when the size cannot be had. */
export function createMemory({ size = 1 << 20 }: MemoryOptions = {}): VmMemory {
  const pages = Math.ceil(size / PAGE_BYTES);
  if (!(pages >= 1 && pages * PAGE_BYTES <= MAX_MEMORY_BYTES)) {
    throw new VmError(
      "argument",
      `Cannot make a memory of ${size} bytes: give 1 to ${MAX_MEMORY_BYTES}`,
    );
  }
  const wasm =
    webAssembly === undefined
      ? undefined
      : new webAssembly.Memory({ initial: pages, maximum: pages });
  const buffer = wasm?.buffer ?? new ArrayBuffer(pages * PAGE_BYTES);
  const bytes = new Uint8Array(buffer);
  let end = STACK_TOP;
  return {
    buffer,
    bytes,
    view: new DataView(buffer),
    words: new Int32Array(buffer, 0, STACK_TOP / 4),
    size: bytes.length,
    wasm,
    allocate: (wanted, alignment = 8) => {
      const address = Math.ceil(end / alignment) * alignment;
      if (!(wanted >= 0 && address + wanted <= bytes.length)) {
        throw new VmError(
          "argument",
          `Cannot allocate ${wanted} bytes: ${Math.max(0, bytes.length - address)} of ${bytes.length} are free; make a larger memory`,
        );
      }
      bytes.fill(0, address, address + wanted);
      end = address + wanted;
      return address;
    },
    release: (mark) => {
      end = Math.min(end, Math.max(mark, STACK_TOP));
    },
    mark: () => end,
  };
}
