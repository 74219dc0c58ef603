import { constant64 } from "./constant.ts";
import type { Instruction } from "./instruction.ts";
import type { PrintNames } from "./names.ts";
import {
  accessBits,
  ALU_SYMBOLS,
  ATOMIC_NAMES,
  isSignedDivision,
  JUMP_SYMBOLS,
} from "./notation.ts";
import {
  ACCESS_MODE,
  ALU_OPERATION,
  ATOMIC_OPERATION,
  INSTRUCTION_CLASS as CLASS,
  OPCODE,
} from "./opcodes.ts";

/** What llvm-objdump prints for bits that are no instruction. */
export const LLVM_UNKNOWN = "<unknown>";

/**
 * One instruction as `llvm-objdump -d --mcpu=v4` writes it, e.g. `w0 = *(u32 *)(r1 + 0x4)`, without the `<symbol+offset>`
 * after jumps; `names` may put names in the place of numbers. Calls read `call 0x1` whatever they call, and `ld_pseudo` leaves out the upper half, as there.
 */
export function printLlvm(instruction: Instruction, names: PrintNames = {}): string {
  switch (instruction.opcode & 7) {
    case CLASS.alu:
    case CLASS.alu64:
      return alu(instruction) ?? LLVM_UNKNOWN;
    case CLASS.jmp:
    case CLASS.jmp32:
      return jump(instruction, names) ?? LLVM_UNKNOWN;
    case CLASS.ldx:
      return load(instruction) ?? LLVM_UNKNOWN;
    case CLASS.st:
    case CLASS.stx:
      return store(instruction) ?? LLVM_UNKNOWN;
    default:
      return legacy(instruction, names) ?? LLVM_UNKNOWN;
  }
}

function alu({ opcode, dst, src, offset, imm }: Instruction): string | undefined {
  const is64 = (opcode & 7) === CLASS.alu64;
  const operation = opcode & 0xf0;
  const register = is64 ? "r" : "w";
  const fromRegister = (opcode & 8) !== 0;
  if (operation === ALU_OPERATION.end) {
    if (![16, 32, 64].includes(imm) || (is64 && fromRegister)) return undefined;
    const order = fromRegister ? "be" : "le";
    return `r${dst} = ${is64 ? "bswap" : order}${imm} r${dst}`;
  }
  if (operation === ALU_OPERATION.neg)
    return fromRegister ? undefined : `${register}${dst} = -${register}${dst}`;
  if (opcode === 0xbf && offset === 1)
    return `r${dst} = addr_space_cast(r${src}, ${hex(imm >>> 16)}, ${hex(imm & 0xffff)})`;
  const symbol = ALU_SYMBOLS.get(operation);
  if (symbol === undefined) return undefined;
  const sign = isSignedDivision(opcode, offset) ? "s" : "";
  const widths = is64 ? [8, 16, 32] : [8, 16];
  const extends_ = operation === ALU_OPERATION.mov && fromRegister && widths.includes(offset);
  if (offset !== 0 && sign === "" && !extends_) return undefined;
  const value = fromRegister ? `${extends_ ? `(s${offset})` : ""}${register}${src}` : hex(imm);
  return `${register}${dst} ${sign}${symbol} ${value}`;
}

function jump(instruction: Instruction, names: PrintNames): string | undefined {
  const { opcode, dst, src, offset, imm } = instruction;
  const target = names.target?.(instruction) ?? distance(opcode === OPCODE.gotol ? imm : offset);
  switch (opcode) {
    case OPCODE.ja:
      return `goto ${target}`;
    case OPCODE.gotol:
      return `gotol ${target}`;
    case OPCODE.gotox:
      return `gotox r${dst}`;
    case OPCODE.call:
      return `call ${names.call?.(instruction) ?? hex(imm)}`;
    case OPCODE.callx:
      return `callx r${dst}`;
    case OPCODE.may_goto:
      return `may_goto ${target}`;
    case OPCODE.exit:
      return imm === 0 ? "exit" : undefined;
    default: {
      const symbol = JUMP_SYMBOLS.get(opcode & 0xf0);
      if (symbol === undefined) return undefined;
      const register = (opcode & 7) === CLASS.jmp32 ? "w" : "r";
      const other = (opcode & 8) === 0 ? hex(imm) : `${register}${src}`;
      return `if ${register}${dst} ${symbol} ${other} goto ${target}`;
    }
  }
}

function load({ opcode, dst, src, offset }: Instruction): string | undefined {
  const mode = opcode & 0xe0;
  const bits = accessBits(opcode);
  const address = place(src, offset);
  if (mode === ACCESS_MODE.mem) return `${narrow(bits)}${dst} = *(u${bits} *)(${address})`;
  if (mode !== ACCESS_MODE.memsx || bits === 64) return undefined;
  return `r${dst} = *(s${bits} *)(${address})`;
}

function store({ opcode, dst, src, offset, imm }: Instruction): string | undefined {
  const mode = opcode & 0xe0;
  const bits = accessBits(opcode);
  const memory = `(u${bits} *)(${place(dst, offset)})`;
  const isImmediate = (opcode & 7) === CLASS.st;
  const value = `${narrow(bits)}${src}`;
  if (mode === ACCESS_MODE.mem) return `*${memory} = ${isImmediate ? hex(imm) : value}`;
  if (mode !== ACCESS_MODE.atomic || isImmediate) return undefined;
  // Acquire and release come in all sizes, the others in 32 and 64 bits.
  if (imm === ATOMIC_OPERATION.load_acquire)
    return `${narrow(bits)}${dst} = load_acquire((u${bits} *)(${place(src, offset)}))`;
  if (imm === ATOMIC_OPERATION.store_release) return `store_release(${memory}, ${value})`;
  if (bits < 32) return undefined;
  const suffix = bits === 64 ? "_64" : "32_32";
  if (imm === ATOMIC_OPERATION.xchg)
    return `${value} = xchg${suffix}(${place(dst, offset)}, ${value})`;
  if (imm === ATOMIC_OPERATION.cmpxchg)
    return `${narrow(bits)}0 = cmpxchg${suffix}(${place(dst, offset)}, ${narrow(bits)}0, ${value})`;
  const operation = imm & 0xf0;
  const name = ATOMIC_NAMES.get(operation);
  if (name === undefined) return undefined;
  if (imm === operation) return `lock *${memory} ${ALU_SYMBOLS.get(operation) ?? ""} ${value}`;
  if (imm === (operation | 1)) return `${value} = atomic_fetch_${name}(${memory}, ${value})`;
  return undefined;
}

function legacy(instruction: Instruction, names: PrintNames): string | undefined {
  const { opcode, dst, src, offset, imm } = instruction;
  const mode = opcode & 0xe0;
  const bits = accessBits(opcode);
  if (mode === ACCESS_MODE.abs && bits < 64) return `r0 = *(u${bits} *)skb[${hex(imm)}]`;
  if (mode === ACCESS_MODE.ind && bits < 64) return `r0 = *(u${bits} *)skb[r${src}]`;
  if (opcode !== OPCODE.lddw || offset !== 0) return undefined;
  const name = names.wide?.(instruction);
  if (name !== undefined) return `r${dst} = ${name} ll`;
  if (src !== 0) return `ld_pseudo\tr${dst}, ${hex(src)}, ${hex(imm >>> 0)}`;
  return `r${dst} = ${hex(BigInt.asIntN(64, constant64(instruction)))} ll`;
}

/** The register letter for a value of so many bits. */
function narrow(bits: number): string {
  return bits === 64 ? "r" : "w";
}

function place(register: number, offset: number): string {
  return `r${register} ${offset < 0 ? "-" : "+"} ${hex(Math.abs(offset))}`;
}

function distance(slots: number): string {
  return slots < 0 ? hex(slots) : `+${hex(slots)}`;
}

function hex(value: number | bigint): string {
  return value < 0 ? `-0x${value.toString(16).slice(1)}` : `0x${value.toString(16)}`;
}
