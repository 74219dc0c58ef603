import type { Instruction } from "./instruction.ts";
import { CALL_SOURCE, INSTRUCTION_CLASS, JUMP_OPERATION, OPCODE, WIDE_SOURCE } from "./opcodes.ts";

/** The class of an instruction: one of `INSTRUCTION_CLASS`. */
export function instructionClass(instruction: Instruction): number {
  return instruction.opcode & 0x07;
}

/** Whether this is the 64-bit immediate load, which fills two slots. */
export function isWide(instruction: Instruction): boolean {
  return instruction.opcode === OPCODE.lddw;
}

/** Whether this calls anything: a helper, a kernel function, a function of the program, or an address. */
export function isCall({ opcode }: Instruction): boolean {
  return opcode === OPCODE.call || opcode === OPCODE.callx;
}

/** Whether this calls a helper by its number. */
export function isHelperCall({ opcode, src }: Instruction): boolean {
  return opcode === OPCODE.call && src === CALL_SOURCE.helper;
}

/** Whether this calls another function of the same program; `imm` is its distance in slots. */
export function isLocalCall({ opcode, src }: Instruction): boolean {
  return opcode === OPCODE.call && src === CALL_SOURCE.local;
}

/** Whether this calls a kernel function by its BTF id; `offset` tells in which module's BTF. */
export function isKfuncCall({ opcode, src }: Instruction): boolean {
  return opcode === OPCODE.call && src === CALL_SOURCE.kfunc;
}

/** Whether this loads the address of another function of the same program. */
export function isFunctionAddress({ opcode, src }: Instruction): boolean {
  return opcode === OPCODE.lddw && src === WIDE_SOURCE.function;
}

/** Whether control may go elsewhere than to the next slot: every jump, taken always or on a condition. Not calls, not exit. */
export function isJump(instruction: Instruction): boolean {
  const kind = instructionClass(instruction);
  if (kind !== INSTRUCTION_CLASS.jmp && kind !== INSTRUCTION_CLASS.jmp32) return false;
  const operation = instruction.opcode & 0xf0;
  return operation !== JUMP_OPERATION.call && operation !== JUMP_OPERATION.exit;
}

/** Whether this ends the function. */
export function isExit({ opcode }: Instruction): boolean {
  return opcode === OPCODE.exit;
}

/**
 * How far a jump goes, in slots after its own: `imm` for `gotol`, `offset` for every other jump. `undefined` for what
 * is not a jump.
 */
export function jumpDistance(instruction: Instruction): number | undefined {
  if (!isJump(instruction)) return undefined;
  return instruction.opcode === OPCODE.gotol ? instruction.imm : instruction.offset;
}
