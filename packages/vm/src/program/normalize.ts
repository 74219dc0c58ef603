import {
  ACCESS_MODE,
  ACCESS_SIZE,
  ALU_OPERATION,
  ATOMIC_OPERATION,
  CALL_SOURCE,
  INSTRUCTION_CLASS as CLASS,
  JUMP_OPERATION,
  OPCODE,
  checkInstruction,
  type Instruction,
} from "@ocelli/bpf";

import { OPERATION } from "./operation.ts";

/** A constant operand, as two halves. */
export interface Constant {
  readonly low: number;
  readonly high: number;
}

/** One instruction in the form that engines run. `argument` is an offset, a distance in slots, or a helper's number. */
export interface Normalized {
  readonly operation: number;
  readonly dst: number;
  readonly src: number | Constant;
  readonly argument: number;
}

const TRAP = {
  undefined: 0,
  frameWrite: 1,
  register: 2,
  kfunc: 5,
  addressSpace: 6,
  instructionArray: 7,
} as const;

/** The normal form of an instruction; a trap for what has none. A 64-bit load has the source `wide`. */
export function normalize(instruction: Instruction, wide: Constant): Normalized {
  const trap = trapOf(instruction);
  if (trap !== undefined) return { operation: OPERATION.trap, dst: 0, src: 0, argument: trap };
  const { opcode, dst, src, offset, imm } = instruction;
  switch (opcode & 7) {
    case CLASS.ld:
      return opcode === OPCODE.lddw
        ? { operation: OPCODE.lddw, dst, src: wide, argument: 0 }
        : ofPacketLoad(instruction);
    case CLASS.alu:
    case CLASS.alu64:
      return ofAlu(instruction);
    case CLASS.jmp:
    case CLASS.jmp32:
      return ofJump(instruction);
    case CLASS.st:
      return { operation: opcode | 1, dst, src: extended(imm), argument: offset };
    case CLASS.stx:
      return ofStore(instruction);
    default:
      return { operation: opcode, dst, src, argument: offset };
  }
}

/** Why an instruction cannot be run, as an index into `TRAPS`. */
function trapOf(instruction: Instruction): number | undefined {
  const { opcode, dst, src, offset } = instruction;
  const kind = opcode & 7;
  const isWide = opcode === OPCODE.lddw;
  const isCall = opcode === OPCODE.call;
  if (checkInstruction(instruction) !== undefined) return TRAP.undefined;
  if (dst > 10 || (src > 10 && !isWide && !isCall)) return TRAP.register;
  const isAlu = kind === CLASS.alu || kind === CLASS.alu64;
  const writes = isAlu || kind === CLASS.ldx || isWide;
  const fetches = kind === CLASS.stx && (opcode & 0xe0) === ACCESS_MODE.atomic && src === 10;
  if ((writes && dst === 10) || (fetches && (instruction.imm & 0x101) === 1))
    return TRAP.frameWrite;
  if (isAlu && (opcode & 0xf0) === ALU_OPERATION.mov && kind === CLASS.alu64 && offset === 1)
    return TRAP.addressSpace;
  if (opcode === OPCODE.gotox) return TRAP.instructionArray;
  return isCall && src === CALL_SOURCE.kfunc ? TRAP.kfunc : undefined;
}

function extended(imm: number): Constant {
  return { low: imm, high: imm >> 31 };
}

const SIGN_EXTENSIONS: ReadonlyMap<number, number> = new Map([
  [(CLASS.alu64 << 8) | 8, OPERATION.movsx8to64],
  [(CLASS.alu64 << 8) | 16, OPERATION.movsx16to64],
  [(CLASS.alu64 << 8) | 32, OPERATION.movsx32to64],
  [(CLASS.alu << 8) | 8, OPERATION.movsx8to32],
  [(CLASS.alu << 8) | 16, OPERATION.movsx16to32],
]);

function ofAlu(instruction: Instruction): Normalized {
  const { opcode, dst, offset, imm } = instruction;
  const kind = opcode & 7;
  const is64 = kind === CLASS.alu64;
  const src = (opcode & 8) === 0 ? extended(imm) : instruction.src;
  const form = (operation: number): Normalized => ({ operation, dst, src, argument: 0 });
  switch (opcode & 0xf0) {
    case ALU_OPERATION.end:
      return ofByteOrder(instruction);
    case ALU_OPERATION.neg:
      return { operation: opcode, dst, src: dst, argument: 0 };
    case ALU_OPERATION.mov:
      return form(SIGN_EXTENSIONS.get((kind << 8) | offset) ?? opcode | 8);
    case ALU_OPERATION.div:
      if (offset === 1) return form(is64 ? OPERATION.sdiv64 : OPERATION.sdiv32);
      return form(opcode | 8);
    case ALU_OPERATION.mod:
      if (offset === 1) return form(is64 ? OPERATION.smod64 : OPERATION.smod32);
      return form(opcode | 8);
    default:
      return form(opcode | 8);
  }
}

/** To little endian only cuts the value to its width; to big endian and `bswap` turn the bytes around as well. */
function ofByteOrder({ opcode, dst, imm }: Instruction): Normalized {
  const swaps = (opcode & 7) === CLASS.alu64 || (opcode & 8) !== 0;
  if (swaps) {
    const operation =
      imm === 16 ? OPERATION.swap16 : imm === 32 ? OPERATION.swap32 : OPERATION.swap64;
    return { operation, dst, src: dst, argument: 0 };
  }
  if (imm === 16) return { operation: 0x5f, dst, src: { low: 0xffff, high: 0 }, argument: 0 };
  return { operation: imm === 32 ? 0xbc : 0xbf, dst, src: dst, argument: 0 };
}

const PACKET_LOADS: ReadonlyMap<number, number> = new Map([
  [ACCESS_SIZE.b, OPERATION.packet8],
  [ACCESS_SIZE.h, OPERATION.packet16],
  [ACCESS_SIZE.w, OPERATION.packet32],
]);

/** LD_ABS and LD_IND: the source is a constant 0 for the first. */
function ofPacketLoad({ opcode, src, imm }: Instruction): Normalized {
  const isIndirect = (opcode & 0xe0) === ACCESS_MODE.ind;
  return {
    operation: PACKET_LOADS.get(opcode & 0x18) ?? OPERATION.trap,
    dst: 0,
    src: isIndirect ? src : { low: 0, high: 0 },
    argument: imm,
  };
}

function ofJump(instruction: Instruction): Normalized {
  const { opcode, dst, src, offset, imm } = instruction;
  switch (opcode) {
    case OPCODE.ja:
    case OPCODE.gotol:
      return {
        operation: OPCODE.ja,
        dst: 0,
        src: 0,
        argument: opcode === OPCODE.ja ? offset : imm,
      };
    case OPCODE.call:
      return src === CALL_SOURCE.local
        ? { operation: OPERATION.callLocal, dst: 0, src: 0, argument: imm }
        : { operation: opcode, dst: 0, src: 0, argument: imm };
    case OPCODE.may_goto:
      return { operation: OPERATION.mayGoto, dst: 0, src: 0, argument: offset };
    case OPCODE.callx:
    case OPCODE.exit:
      return { operation: opcode, dst, src: 0, argument: 0 };
    default: {
      const operand = (opcode & 8) === 0 ? extended(imm) : src;
      return { operation: opcode | 8, dst, src: operand, argument: offset };
    }
  }
}

function ofStore({ opcode, dst, src, offset, imm }: Instruction): Normalized {
  if ((opcode & 0xe0) !== ACCESS_MODE.atomic)
    return { operation: opcode, dst, src, argument: offset };
  const size = opcode & 0x18;
  // Ordering costs nothing in a memory that one thread uses.
  if (imm === ATOMIC_OPERATION.load_acquire)
    return { operation: ACCESS_MODE.mem | size | CLASS.ldx, dst, src, argument: offset };
  if (imm === ATOMIC_OPERATION.store_release)
    return { operation: ACCESS_MODE.mem | size | CLASS.stx, dst, src, argument: offset };
  return { operation: opcode, dst, src, argument: (offset << 16) | imm };
}

/** Whether an operation goes on elsewhere, always or on a condition; its argument is then where. Not calls, not exit. */
export function isBranch(operation: number): boolean {
  const kind = operation & 7;
  if (operation === OPERATION.mayGoto) return true;
  if (operation > 0xff || (kind !== CLASS.jmp && kind !== CLASS.jmp32)) return false;
  const code = operation & 0xf0;
  return code !== JUMP_OPERATION.call && code !== JUMP_OPERATION.exit;
}
