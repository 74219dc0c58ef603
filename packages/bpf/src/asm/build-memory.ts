import { splitConstant64 } from "./constant.ts";
import type { Instruction } from "./instruction.ts";
import {
  ACCESS_MODE,
  ACCESS_SIZE,
  ATOMIC_OPERATION,
  INSTRUCTION_CLASS,
  OPCODE,
  WIDE_SOURCE,
} from "./opcodes.ts";
import { registerNumber, type Register } from "./registers.ts";

/** The width of a memory access: unsigned bits. */
export type AccessWidth = "u8" | "u16" | "u32" | "u64";

/** The width of a sign-extending load. */
export type SignedWidth = "s8" | "s16" | "s32";

/** What `atomic()` can do to memory; those with `fetch` leave the old value in the source register. */
export type AtomicOperation = Exclude<
  keyof typeof ATOMIC_OPERATION,
  "load_acquire" | "store_release"
>;

const SIZES = {
  u8: ACCESS_SIZE.b,
  u16: ACCESS_SIZE.h,
  u32: ACCESS_SIZE.w,
  u64: ACCESS_SIZE.dw,
  s8: ACCESS_SIZE.b,
  s16: ACCESS_SIZE.h,
  s32: ACCESS_SIZE.w,
} as const;

/** `dst = *(width *)(base + offset)`; the signed widths are ISA v4. */
export function load(
  width: AccessWidth | SignedWidth,
  dst: Register,
  base: Register,
  offset: number,
): Instruction {
  const mode = width.startsWith("s") ? ACCESS_MODE.memsx : ACCESS_MODE.mem;
  return {
    opcode: INSTRUCTION_CLASS.ldx | mode | SIZES[width],
    dst: registerNumber(dst),
    src: registerNumber(base),
    offset,
    imm: 0,
  };
}

/** `*(width *)(base + offset) = value`; a constant is sign-extended from 32 bits. */
export function store(
  width: AccessWidth,
  base: Register,
  offset: number,
  value: Register | number,
): Instruction {
  const fromRegister = typeof value === "string";
  const kind = fromRegister ? INSTRUCTION_CLASS.stx : INSTRUCTION_CLASS.st;
  return {
    opcode: kind | ACCESS_MODE.mem | SIZES[width],
    dst: registerNumber(base),
    src: fromRegister ? registerNumber(value) : 0,
    offset,
    imm: fromRegister ? 0 : value,
  };
}

/** An atomic operation of `value` on `*(width *)(base + offset)`; `cmpxchg` compares with r0. Other than `add` ISA v3. */
export function atomic(
  operation: AtomicOperation,
  width: "u32" | "u64",
  base: Register,
  offset: number,
  value: Register,
): Instruction {
  return {
    opcode: INSTRUCTION_CLASS.stx | ACCESS_MODE.atomic | SIZES[width],
    dst: registerNumber(base),
    src: registerNumber(value),
    offset,
    imm: ATOMIC_OPERATION[operation],
  };
}

/** `dst` = any 64-bit constant, in two slots. */
export function loadConstant(dst: Register, value: bigint): Instruction {
  return { ...wide(dst, WIDE_SOURCE.constant), ...splitConstant64(value) };
}

/** `dst` = the map of that name, for helpers that take one. */
export function loadMap(dst: Register, name: string): Instruction {
  return { ...wide(dst, WIDE_SOURCE.map_fd), reference: { kind: "map", name } };
}

/** `dst` = the address `offset` bytes into the only value of an array map, such as a data section's (Linux 5.2). */
export function loadMapValue(dst: Register, name: string, offset = 0): Instruction {
  return {
    ...wide(dst, WIDE_SOURCE.map_value),
    imm2: offset,
    reference: { kind: "map-value", name, offset },
  };
}

/** `dst` = the address of a function of the program, for helpers that take a callback (Linux 5.13). */
export function loadFunction(dst: Register, name: string): Instruction {
  return { ...wide(dst, WIDE_SOURCE.function), reference: { kind: "function", name } };
}

function wide(dst: Register, src: number): Instruction & { readonly imm2: number } {
  return { opcode: OPCODE.lddw, dst: registerNumber(dst), src, offset: 0, imm: 0, imm2: 0 };
}
