import { helperNumber, type Helper } from "../abi/helpers.ts";
import type { Operand } from "./build-alu.ts";
import type { Instruction } from "./instruction.ts";
import { CALL_SOURCE, INSTRUCTION_CLASS, JUMP_OPERATION, OPCODE } from "./opcodes.ts";
import { registerNumber, type Register } from "./registers.ts";

/** Comparisons of `jumpIf()`: those with `s` are signed, `&` asks whether any common bit is set. */
export type Comparison = "==" | "!=" | ">" | ">=" | "<" | "<=" | "s>" | "s>=" | "s<" | "s<=" | "&";

const OPERATIONS: Readonly<Record<Comparison, number>> = {
  "==": JUMP_OPERATION.jeq,
  "!=": JUMP_OPERATION.jne,
  ">": JUMP_OPERATION.jgt,
  ">=": JUMP_OPERATION.jge,
  "<": JUMP_OPERATION.jlt,
  "<=": JUMP_OPERATION.jle,
  "s>": JUMP_OPERATION.jsgt,
  "s>=": JUMP_OPERATION.jsge,
  "s<": JUMP_OPERATION.jslt,
  "s<=": JUMP_OPERATION.jsle,
  "&": JUMP_OPERATION.jset,
};

const blank: Instruction = { opcode: 0, dst: 0, src: 0, offset: 0, imm: 0 };

/** Gives an instruction a label, or a function's first instruction the function's name. */
export function label(name: string, instruction: Instruction): Instruction {
  return { ...instruction, symbol: name };
}

/** Goes to a label of the same function. */
export function jump(target: string): Instruction {
  return { ...blank, opcode: OPCODE.ja, reference: { kind: "label", name: target } };
}

/** Goes to a label when `left COMPARISON right` holds for all 64 bits. */
export function jumpIf(
  left: Register,
  comparison: Comparison,
  right: Operand,
  target: string,
): Instruction {
  return conditional(INSTRUCTION_CLASS.jmp, left, comparison, right, target);
}

/** Goes to a label when `left COMPARISON right` holds for the lower 32 bits (ISA v3). */
export function jumpIf32(
  left: Register,
  comparison: Comparison,
  right: Operand,
  target: string,
): Instruction {
  return conditional(INSTRUCTION_CLASS.jmp32, left, comparison, right, target);
}

/** Calls a helper: arguments in r1–r5, result in r0, and r1–r5 are gone afterwards. */
export function call(helper: Helper): Instruction {
  return { ...blank, opcode: OPCODE.call, imm: helperNumber(helper) };
}

/** Calls another function of the program, by the symbol of its first instruction. */
export function callFunction(name: string): Instruction {
  return {
    ...blank,
    opcode: OPCODE.call,
    src: CALL_SOURCE.local,
    imm: -1,
    reference: { kind: "function", name },
  };
}

/** Ends the function; r0 is its result. */
export function exit(): Instruction {
  return { ...blank, opcode: OPCODE.exit };
}

function conditional(
  kind: number,
  left: Register,
  comparison: Comparison,
  right: Operand,
  target: string,
): Instruction {
  const fromRegister = typeof right === "string";
  return {
    opcode: kind | OPERATIONS[comparison] | (fromRegister ? 8 : 0),
    dst: registerNumber(left),
    src: fromRegister ? registerNumber(right) : 0,
    offset: 0,
    imm: fromRegister ? 0 : right,
    reference: { kind: "label", name: target },
  };
}
