import {
  constant32,
  constant64,
  constantOf,
  push32,
  push64,
  set32,
  set64,
  type Emitter,
} from "./emitter.ts";
import { OP, TYPE } from "./wasm.ts";

// Operations that WebAssembly has as they are: it masks shift amounts just as BPF does.
const DIRECT64: ReadonlyMap<number, number> = new Map([
  [0x0f, OP.i64_add],
  [0x1f, OP.i64_sub],
  [0x2f, OP.i64_mul],
  [0x4f, OP.i64_or],
  [0x5f, OP.i64_and],
  [0x6f, OP.i64_shl],
  [0x7f, OP.i64_shr_u],
  [0xaf, OP.i64_xor],
  [0xcf, OP.i64_shr_s],
]);

const DIRECT32: ReadonlyMap<number, number> = new Map([
  [0x0c, OP.i32_add],
  [0x1c, OP.i32_sub],
  [0x2c, OP.i32_mul],
  [0x4c, OP.i32_or],
  [0x5c, OP.i32_and],
  [0x6c, OP.i32_shl],
  [0x7c, OP.i32_shr_u],
  [0xac, OP.i32_xor],
  [0xcc, OP.i32_shr_s],
]);

interface Division {
  readonly is64: boolean;
  readonly isRemainder: boolean;
  readonly isSigned: boolean;
  readonly opcode: number;
}

const division = (
  is64: boolean,
  isRemainder: boolean,
  isSigned: boolean,
  opcode: number,
): Division => ({ is64, isRemainder, isSigned, opcode });

const DIVISIONS: ReadonlyMap<number, Division> = new Map([
  [0x3f, division(true, false, false, OP.i64_div_u)],
  [0x9f, division(true, true, false, OP.i64_rem_u)],
  [0x100, division(true, false, true, OP.i64_div_s)],
  [0x101, division(true, true, true, OP.i64_rem_s)],
  [0x3c, division(false, false, false, OP.i32_div_u)],
  [0x9c, division(false, true, false, OP.i32_rem_u)],
  [0x102, division(false, false, true, OP.i32_div_s)],
  [0x103, division(false, true, true, OP.i32_rem_s)],
]);

/** Emits an arithmetic instruction; `false` if it is none. */
export function emitAlu(emitter: Emitter, operation: number, dst: number, src: number): boolean {
  const { out } = emitter;
  const direct64 = DIRECT64.get(operation);
  if (direct64 !== undefined) {
    push64(emitter, dst);
    push64(emitter, src);
    out.byte(direct64);
    set64(emitter, dst);
    return true;
  }
  const direct32 = DIRECT32.get(operation);
  if (direct32 !== undefined) {
    push32(emitter, dst);
    push32(emitter, src);
    out.byte(direct32);
    set32(emitter, dst);
    return true;
  }
  const divided = DIVISIONS.get(operation);
  if (divided !== undefined) {
    emitDivision(emitter, divided, dst, src);
    return true;
  }
  return emitMove(emitter, operation, dst, src);
}

function emitMove(emitter: Emitter, operation: number, dst: number, src: number): boolean {
  const { out } = emitter;
  const from64 = (opcode?: number): true => {
    push64(emitter, src);
    if (opcode !== undefined) out.byte(opcode);
    set64(emitter, dst);
    return true;
  };
  const from32 = (opcode?: number): true => {
    push32(emitter, src);
    if (opcode !== undefined) out.byte(opcode);
    set32(emitter, dst);
    return true;
  };
  switch (operation) {
    case 0xbf:
    case 0x18:
      return from64();
    case 0xbc:
      return from32();
    case 0x87:
      constant64(out, 0);
      return from64(OP.i64_sub);
    case 0x84:
      constant32(out, 0);
      return from32(OP.i32_sub);
    case 0x104:
      return from64(OP.i64_extend8_s);
    case 0x105:
      return from64(OP.i64_extend16_s);
    case 0x106:
      return from64(OP.i64_extend32_s);
    case 0x107:
      return from32(OP.i32_extend8_s);
    case 0x108:
      return from32(OP.i32_extend16_s);
    case 0x109: {
      swapNeighbours32(emitter, dst);
      constant32(out, 0xffff);
      out.byte(OP.i32_and);
      set32(emitter, dst);
      return true;
    }
    case 0x10a:
      swapNeighbours32(emitter, dst);
      constant32(out, 16);
      out.byte(OP.i32_rotl);
      set32(emitter, dst);
      return true;
    case 0x10b:
      swapNeighbours64(emitter, dst, 8, 0x00ff00ff);
      swapNeighbours64(emitter, dst, 16, 0x0000ffff);
      push64(emitter, dst);
      constant64(out, 32);
      out.byte(OP.i64_rotl);
      set64(emitter, dst);
      return true;
    default:
      return false;
  }
}

// ((x & mask) << 8) | ((x >> 8) & mask): each byte changes places with its neighbour.
function swapNeighbours32(emitter: Emitter, half: number): void {
  const { out } = emitter;
  push32(emitter, half);
  constant32(out, 0x00ff00ff);
  out.byte(OP.i32_and);
  constant32(out, 8);
  out.byte(OP.i32_shl);
  push32(emitter, half);
  constant32(out, 8);
  out.byte(OP.i32_shr_u);
  constant32(out, 0x00ff00ff);
  out.byte(OP.i32_and);
  out.byte(OP.i32_or);
}

function swapNeighbours64(emitter: Emitter, half: number, bits: number, mask: number): void {
  const { out } = emitter;
  const pushMask = (): void => {
    out.byte(OP.i64_const);
    out.s64(mask, mask);
  };
  push64(emitter, half);
  pushMask();
  out.byte(OP.i64_and);
  constant64(out, bits);
  out.byte(OP.i64_shl);
  push64(emitter, half);
  constant64(out, bits);
  out.byte(OP.i64_shr_u);
  pushMask();
  out.byte(OP.i64_and);
  out.byte(OP.i64_or);
  set64(emitter, half);
}

// WebAssembly traps on a divisor of 0 and on smallest ÷ -1; BPF has a result for both.
function emitDivision(emitter: Emitter, kind: Division, dst: number, src: number): void {
  const { out } = emitter;
  const { is64, isRemainder, isSigned, opcode } = kind;
  const push = (half: number): void => {
    if (is64) push64(emitter, half);
    else push32(emitter, half);
  };
  const zero = (): void => {
    if (is64) constant64(out, 0);
    else constant32(out, 0);
  };
  const onZero = (): void => {
    if (isRemainder) push(dst);
    else zero();
  };
  const negated = (): void => {
    zero();
    push(dst);
    out.byte(is64 ? OP.i64_sub : OP.i32_sub);
  };
  const plain = (): void => {
    push(dst);
    push(src);
    out.byte(opcode);
  };
  const type = is64 ? TYPE.i64 : TYPE.i32;
  // Remainders of smallest by -1 do not trap.
  const mayOverflow = isSigned && !isRemainder;
  const constant = constantOf(emitter, src);
  if (constant !== undefined) {
    const [low, high] = constant;
    if (low === 0 && (!is64 || high === 0)) onZero();
    else if (mayOverflow && low === -1 && (!is64 || high === -1)) negated();
    else plain();
  } else {
    push(src);
    out.byte(is64 ? OP.i64_eqz : OP.i32_eqz);
    choose(emitter, type, onZero, () => {
      if (!mayOverflow) {
        plain();
        return;
      }
      push(src);
      if (is64) constant64(out, -1);
      else constant32(out, -1);
      out.byte(is64 ? OP.i64_eq : OP.i32_eq);
      choose(emitter, type, negated, plain);
    });
  }
  if (is64) set64(emitter, dst);
  else set32(emitter, dst);
}

function choose({ out }: Emitter, type: number, then: () => void, otherwise: () => void): void {
  out.byte(OP.if);
  out.byte(type);
  then();
  out.byte(OP.else);
  otherwise();
  out.byte(OP.end);
}
