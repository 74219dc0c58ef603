// The memory of a machine: addresses of 32 bits, the same for interpreter and JIT. A pointer in a register is such an
// address with 32 zero bits above it.
//
//   0x0000  never valid for a program; the machine keeps its own words here
//             0x10  u32 ×5  upper halves of a helper's arguments
//             0x24  u32     upper half of a helper's result
//             0x28  u32     whether the function that called the helper ends now, with the helper's result
//             0x2c  u32     tail calls of this run
//             0x30  u32     the processor that programs think they run on
//   0x1000  stack: 8 frames of 512 bytes; the entry function has the uppermost
//   0x2000  what is allocated, upwards: contexts, packets, maps
//   size - readOnlySize   what programs may read only: constants; a store from here on ends the program
//   size    the end, a multiple of 64 KiB
//
// Address 0 is NULL, so the first page stays out of reach: a program that forgets to check a lookup is told so.

/** First address that a program may touch. */
export const FLOOR = 0x1000;

/** Bytes of a stack frame. */
export const FRAME_BYTES = 512;

/** How many functions may be active at a time, as in the kernel (MAX_CALL_FRAMES). */
export const MAX_FRAMES = 8;

/** One past the stack's last byte: r10 of the entry function. */
export const STACK_TOP: number = FLOOR + MAX_FRAMES * FRAME_BYTES;

/** Where five words begin that hold the upper halves of a helper's arguments. */
export const HIGH_ARGUMENTS = 0x10;

/** The word that a helper leaves the upper half of a 64-bit result in. */
export const HIGH_RESULT = 0x24;

/** The word by which a helper that `mayExit` says that the function which called it ends, with the helper's result as its r0. */
export const EXIT_FLAG = 0x28;

/** The word that counts a run's tail calls. */
export const TAIL_CALLS = 0x2c;

/** The word with the processor that programs think they run on. */
export const PROCESSOR = 0x30;

/** Bytes of a page of WebAssembly. */
export const PAGE_BYTES = 0x1_0000;

/** Most bytes a machine may have: addresses stay positive when read as signed 32-bit numbers. */
export const MAX_MEMORY_BYTES = 0x7fff_0000;
