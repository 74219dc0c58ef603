import { ALU_OPERATION as ALU, JUMP_OPERATION as JUMP } from "./opcodes.ts";

// What the kernel's notation and LLVM's have in common: both write C-like statements with the same operators.

/** Assignment operators by ALU operation. `neg` and `end` are written differently. */
export const ALU_SYMBOLS: ReadonlyMap<number, string> = new Map<number, string>([
  [ALU.add, "+="],
  [ALU.sub, "-="],
  [ALU.mul, "*="],
  [ALU.div, "/="],
  [ALU.or, "|="],
  [ALU.and, "&="],
  [ALU.lsh, "<<="],
  [ALU.rsh, ">>="],
  [ALU.mod, "%="],
  [ALU.xor, "^="],
  [ALU.mov, "="],
  [ALU.arsh, "s>>="],
]);

/** Comparison operators by jump operation. */
export const JUMP_SYMBOLS: ReadonlyMap<number, string> = new Map<number, string>([
  [JUMP.jeq, "=="],
  [JUMP.jgt, ">"],
  [JUMP.jge, ">="],
  [JUMP.jset, "&"],
  [JUMP.jne, "!="],
  [JUMP.jsgt, "s>"],
  [JUMP.jsge, "s>="],
  [JUMP.jlt, "<"],
  [JUMP.jle, "<="],
  [JUMP.jslt, "s<"],
  [JUMP.jsle, "s<="],
]);

/** The part of an atomic function's name by operation, e.g. `atomic_fetch_add`. */
export const ATOMIC_NAMES: ReadonlyMap<number, string> = new Map<number, string>([
  [ALU.add, "add"],
  [ALU.or, "or"],
  [ALU.and, "and"],
  [ALU.xor, "xor"],
]);

/** Bits of a load or store by bits 3–4 of its opcode: w, h, b, dw. */
export const ACCESS_BITS = [32, 16, 8, 64] as const;

/** Bits that a load or store moves. */
export function accessBits(opcode: number): 8 | 16 | 32 | 64 {
  // Two bits index four entries.
  return ACCESS_BITS[(opcode >> 3) & 3] as 8 | 16 | 32 | 64;
}

/** Whether division or remainder is signed: ISA v4 says so by an offset of 1. */
export function isSignedDivision(opcode: number, offset: number): boolean {
  const operation = opcode & 0xf0;
  return offset === 1 && (operation === ALU.div || operation === ALU.mod);
}

/** A decimal number with its sign, plus or minus, as `%+d` prints it. */
export function signed(value: number): string {
  return value < 0 ? `${value}` : `+${value}`;
}
