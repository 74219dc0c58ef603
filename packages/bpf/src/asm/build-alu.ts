import type { Instruction } from "./instruction.ts";
import { ALU_OPERATION, INSTRUCTION_CLASS } from "./opcodes.ts";
import { registerNumber, type Register } from "./registers.ts";

/** What `alu64()` and `alu32()` can do; `sdiv` and `smod` are signed (ISA v4). */
export type AluOperation =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "sdiv"
  | "mod"
  | "smod"
  | "or"
  | "and"
  | "xor"
  | "lsh"
  | "rsh"
  | "arsh"
  | "mov";

/** A register, or a constant of 32 bits that is sign-extended. */
export type Operand = Register | number;

/** `dst = dst OPERATION operand` on 64 bits. */
export function alu64(operation: AluOperation, dst: Register, operand: Operand): Instruction {
  return alu(INSTRUCTION_CLASS.alu64, operation, dst, operand);
}

/** `dst = dst OPERATION operand` on the lower 32 bits; the upper become 0. */
export function alu32(operation: AluOperation, dst: Register, operand: Operand): Instruction {
  return alu(INSTRUCTION_CLASS.alu, operation, dst, operand);
}

/** `dst = operand`, 64 bits; a constant is sign-extended from 32. */
export function mov64(dst: Register, operand: Operand): Instruction {
  return alu64("mov", dst, operand);
}

/** `dst = operand`, 32 bits; the upper half becomes 0. */
export function mov32(dst: Register, operand: Operand): Instruction {
  return alu32("mov", dst, operand);
}

/** `dst` = the lower `bits` of `src`, sign-extended to 64 bits (ISA v4). */
export function signExtend(dst: Register, src: Register, bits: 8 | 16 | 32): Instruction {
  return { ...mov64(dst, src), offset: bits };
}

/** `dst = -dst`, 64 bits. */
export function negate(dst: Register): Instruction {
  const opcode = INSTRUCTION_CLASS.alu64 | ALU_OPERATION.neg;
  return { opcode, dst: registerNumber(dst), src: 0, offset: 0, imm: 0 };
}

/**
 * The lower `bits` of `dst` converted between the machine's byte order and `order`, the rest cleared; `swap` turns the
 * bytes round on every machine (ISA v4).
 */
export function byteOrder(
  order: "big" | "little" | "swap",
  dst: Register,
  bits: 16 | 32 | 64,
): Instruction {
  const opcode = { little: 0xd4, big: 0xdc, swap: 0xd7 }[order];
  return { opcode, dst: registerNumber(dst), src: 0, offset: 0, imm: bits };
}

function alu(kind: number, operation: AluOperation, dst: Register, operand: Operand): Instruction {
  const signed = operation === "sdiv" || operation === "smod";
  const base = operation === "sdiv" ? "div" : operation === "smod" ? "mod" : operation;
  const fromRegister = typeof operand === "string";
  return {
    opcode: kind | ALU_OPERATION[base] | (fromRegister ? 8 : 0),
    dst: registerNumber(dst),
    src: fromRegister ? registerNumber(operand) : 0,
    offset: signed ? 1 : 0,
    imm: fromRegister ? 0 : operand,
  };
}
