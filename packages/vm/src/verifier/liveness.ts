import {
  ACCESS_MODE,
  ALU_OPERATION,
  ATOMIC_OPERATION,
  INSTRUCTION_CLASS as CLASS,
  isExit,
  isWide,
  type Instruction,
} from "@ocelli/bpf";

import { isConditional, isGoto, type Code } from "./code.ts";

/** Registers of a set: bit n is rn. */
interface Effect {
  readonly uses: number;
  readonly defines: number;
}

const ARGUMENTS = 0b11_1110;
const CLOBBERED = 0b11_1111;

/**
 * For each instruction the registers, as bits, whose content something on the way on reads. States are compared by those
 * alone. A fixed point over each function; calls read all five arguments.
 */
export function liveRegisters(code: Code): Uint16Array {
  const { instructions, targets } = code;
  const live = new Uint16Array(instructions.length);
  const effects = instructions.map(effectOf);
  for (let changed = true; changed;) {
    changed = false;
    for (let index = instructions.length - 1; index >= 0; index--) {
      const instruction = instructions[index];
      const effect = effects[index];
      if (instruction === undefined || effect === undefined) continue;
      let after = 0;
      if (!isExit(instruction) && !isGoto(instruction)) after |= live[index + 1] ?? 0;
      const target = targets[index] ?? -1;
      if (target >= 0 && (isConditional(instruction) || isGoto(instruction)))
        after |= live[target] ?? 0;
      const before = (after & ~effect.defines) | effect.uses;
      if (before !== live[index]) {
        live[index] = before;
        changed = true;
      }
    }
  }
  return live;
}

function effectOf(instruction: Instruction): Effect {
  const { opcode, dst, src } = instruction;
  const destination = 1 << dst;
  const source = (opcode & 8) === 0 ? 0 : 1 << src;
  switch (opcode & 7) {
    case CLASS.ldx:
      return { uses: 1 << src, defines: destination };
    case CLASS.st:
      return { uses: destination, defines: 0 };
    case CLASS.stx:
      return storeEffect(instruction);
    case CLASS.ld:
      if (isWide(instruction)) return { uses: 0, defines: destination };
      // Legacy packet loads have the packet in r6 and clobber like a call.
      return {
        uses: (1 << 6) | ((opcode & 0xe0) === ACCESS_MODE.ind ? 1 << src : 0),
        defines: CLOBBERED,
      };
    case CLASS.alu:
    case CLASS.alu64: {
      const operation = opcode & 0xf0;
      if (operation === ALU_OPERATION.mov) return { uses: source, defines: destination };
      if (operation === ALU_OPERATION.end) return { uses: destination, defines: destination };
      return { uses: destination | source, defines: destination };
    }
    default:
      break;
  }
  if (isExit(instruction)) return { uses: 1, defines: 0 };
  if (isGoto(instruction)) return { uses: 0, defines: 0 };
  if ((opcode & 0xf0) === 0x80) {
    return { uses: ARGUMENTS, defines: CLOBBERED };
  }
  if ((opcode & 0xf0) === 0xe0) return { uses: 0, defines: 0 };
  return { uses: destination | source, defines: 0 };
}

function storeEffect({ opcode, dst, src, imm }: Instruction): Effect {
  const both = (1 << dst) | (1 << src);
  if ((opcode & 0xe0) !== ACCESS_MODE.atomic) return { uses: both, defines: 0 };
  if (imm === ATOMIC_OPERATION.load_acquire) return { uses: 1 << src, defines: 1 << dst };
  if (imm === ATOMIC_OPERATION.store_release) return { uses: both, defines: 0 };
  if (imm === ATOMIC_OPERATION.cmpxchg) return { uses: both | 1, defines: 1 };
  return { uses: both, defines: (imm & 1) === 0 ? 0 : 1 << src };
}
