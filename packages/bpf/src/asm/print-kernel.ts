import { helperName } from "../abi/helpers.ts";
import { constant64 } from "./constant.ts";
import type { Instruction } from "./instruction.ts";
import type { PrintNames } from "./names.ts";
import {
  accessBits,
  ALU_SYMBOLS,
  ATOMIC_NAMES,
  isSignedDivision,
  JUMP_SYMBOLS,
  signed,
} from "./notation.ts";
import {
  ACCESS_MODE,
  ALU_OPERATION,
  ATOMIC_OPERATION,
  CALL_SOURCE,
  INSTRUCTION_CLASS as CLASS,
  JUMP_OPERATION,
  OPCODE,
} from "./opcodes.ts";

/**
 * One instruction as the verifier's log and `bpftool prog dump xlated` write it, e.g. `(61) r0 = *(u32 *)(r1 +4)`:
 * the text of kernel/bpf/disasm.c at v6.18. What that file has no name for reads `(e4) unknown`.
 */
export function printKernel(instruction: Instruction, names: PrintNames = {}): string {
  const { opcode } = instruction;
  const text = statement(instruction, names);
  return text.startsWith("BUG_") ? text : `(${hex2(opcode)}) ${text}`;
}

function statement(instruction: Instruction, names: PrintNames): string {
  switch (instruction.opcode & 7) {
    case CLASS.alu:
    case CLASS.alu64:
      return alu(instruction);
    case CLASS.jmp:
    case CLASS.jmp32:
      return jump(instruction, names);
    case CLASS.ldx:
      return load(instruction);
    case CLASS.st:
      return storeImmediate(instruction);
    case CLASS.stx:
      return store(instruction);
    default:
      return legacy(instruction, names);
  }
}

function alu({ opcode, dst, src, offset, imm }: Instruction): string {
  const is64 = (opcode & 7) === CLASS.alu64;
  const operation = opcode & 0xf0;
  const register = is64 ? "r" : "w";
  const fromRegister = (opcode & 8) !== 0;
  if (operation === ALU_OPERATION.end) {
    const order = fromRegister ? "be" : "le";
    return `r${dst} = ${is64 ? "bswap" : order}${imm} r${dst}`;
  }
  if (operation === ALU_OPERATION.neg) return `${register}${dst} = -${register}${dst}`;
  if (opcode === 0xbf && offset === 1)
    return `r${dst} = addr_space_cast(r${src}, ${imm >>> 16}, ${imm & 0xffff})`;
  if (opcode === 0xbf && offset === -1) return `r${dst} = &(void __percpu *)(r${src})`;
  const symbol = ALU_SYMBOLS.get(operation);
  if (symbol === undefined) return "unknown";
  const sign = isSignedDivision(opcode, offset) ? "s" : "";
  const target = `${register}${dst} ${sign}${symbol}`;
  if (!fromRegister) return `${target} ${imm}`;
  const extends_ = operation === ALU_OPERATION.mov && [8, 16, 32].includes(offset);
  return `${target} ${extends_ ? `(s${offset})` : ""}${register}${src}`;
}

function jump(instruction: Instruction, names: PrintNames): string {
  const { opcode, dst, src, offset, imm } = instruction;
  const operation = opcode & 0xf0;
  if (operation === JUMP_OPERATION.call) return call(instruction, names);
  if (opcode === OPCODE.gotox) return `gotox r${dst}`;
  if (opcode === OPCODE.exit) return "exit";
  const distance = opcode === OPCODE.gotol ? imm : offset;
  const target = names.target?.(instruction) ?? `pc${signed(distance)}`;
  if (opcode === OPCODE.ja) return `goto ${target}`;
  if (opcode === OPCODE.gotol) return `gotol ${target}`;
  if (opcode === OPCODE.may_goto && src === 0) return `may_goto ${target}`;
  const symbol = JUMP_SYMBOLS.get(operation);
  if (symbol === undefined) return "unknown";
  const register = (opcode & 7) === CLASS.jmp32 ? "w" : "r";
  const other = (opcode & 8) === 0 ? `0x${(imm >>> 0).toString(16)}` : `${register}${src}`;
  return `if ${register}${dst} ${symbol} ${other} goto ${target}`;
}

function call(instruction: Instruction, names: PrintNames): string {
  const { src, imm } = instruction;
  const given = names.call?.(instruction);
  if (given !== undefined) return `call ${given}`;
  if (src === CALL_SOURCE.local) return `call pc${signed(imm)}`;
  if (src === CALL_SOURCE.kfunc) return `call kernel-function#${imm}`;
  const helper = src === CALL_SOURCE.helper ? helperName(imm) : undefined;
  return `call ${helper === undefined ? "unknown" : `bpf_${helper}`}#${imm}`;
}

function load({ opcode, dst, src, offset }: Instruction): string {
  const mode = opcode & 0xe0;
  const bits = accessBits(opcode);
  const sign = mode === ACCESS_MODE.mem ? "u" : "s";
  if (mode !== ACCESS_MODE.mem && (mode !== ACCESS_MODE.memsx || bits === 64))
    return `BUG_ldx_${hex2(opcode)}`;
  return `r${dst} = *(${sign}${bits} *)(r${src} ${signed(offset)})`;
}

function storeImmediate({ opcode, dst, offset, imm }: Instruction): string {
  const mode = opcode & 0xe0;
  if (mode === ACCESS_MODE.mem)
    return `*(u${accessBits(opcode)} *)(r${dst} ${signed(offset)}) = ${imm}`;
  // A barrier that the verifier puts in; programs cannot contain it.
  return mode === ACCESS_MODE.atomic ? "nospec" : `BUG_st_${hex2(opcode)}`;
}

function store({ opcode, dst, src, offset, imm }: Instruction): string {
  const mode = opcode & 0xe0;
  const bits = accessBits(opcode);
  const type = `u${bits} *`;
  const place = `(${type})(r${dst} ${signed(offset)})`;
  if (mode === ACCESS_MODE.mem) return `*${place} = r${src}`;
  if (mode !== ACCESS_MODE.atomic) return `BUG_${hex2(opcode)}`;
  const suffix = bits === 64 ? "64" : "";
  const name = ATOMIC_NAMES.get(imm & 0xf0);
  if (name !== undefined && imm === (imm & 0xf0))
    return `lock *${place} ${ALU_SYMBOLS.get(imm) ?? ""} r${src}`;
  if (name !== undefined && imm === ((imm & 0xf0) | 1))
    return `r${src} = atomic${suffix}_fetch_${name}(${place}, r${src})`;
  switch (imm) {
    case ATOMIC_OPERATION.cmpxchg:
      return `r0 = atomic${suffix}_cmpxchg(${place}, r0, r${src})`;
    case ATOMIC_OPERATION.xchg:
      return `r${src} = atomic${suffix}_xchg(${place}, r${src})`;
    case ATOMIC_OPERATION.load_acquire:
      return `r${dst} = load_acquire((${type})(r${src} ${signed(offset)}))`;
    case ATOMIC_OPERATION.store_release:
      return `store_release(${place}, r${src})`;
    default:
      return `BUG_${hex2(opcode)}`;
  }
}

function legacy(instruction: Instruction, names: PrintNames): string {
  const { opcode, dst, src, imm } = instruction;
  const type = `u${accessBits(opcode)} *`;
  switch (opcode & 0xe0) {
    case ACCESS_MODE.abs:
      return `r0 = *(${type})skb[${imm}]`;
    case ACCESS_MODE.ind:
      return `r0 = *(${type})skb[r${src} + ${imm}]`;
    default:
      if (opcode !== OPCODE.lddw) return `BUG_ld_${hex2(opcode)}`;
      return `r${dst} = ${names.wide?.(instruction) ?? `0x${constant64(instruction).toString(16)}`}`;
  }
}

function hex2(value: number): string {
  return value.toString(16).padStart(2, "0");
}
