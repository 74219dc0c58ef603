import { isBranch } from "../program/normalize.ts";
import { OPERATION, WORDS } from "../program/operation.ts";
import type { Block } from "./blocks.ts";
import { emitAlu } from "./emit-alu.ts";
import { emitCall } from "./emit-call.ts";
import { emitMemory } from "./emit-memory.ts";
import {
  constant32,
  constant64,
  leaveFuel,
  local,
  LOCAL,
  push32,
  push64,
  stop,
  STOP,
  type Emitter,
} from "./emitter.ts";
import { OP } from "./wasm.ts";

/** Emits a block's instructions, and its end if nothing follows: an exit returns r0, a trap stops. Branches are left out. */
export function emitBlock(emitter: Emitter, { first, last }: Block): void {
  const { out, program } = emitter;
  const { code } = program;
  for (let at = first; at <= last; at += WORDS) {
    const operation = code[at] ?? 0;
    if (isBranch(operation)) return;
    const slot = at / WORDS;
    const dst = code[at + 1] ?? 0;
    const src = code[at + 2] ?? 0;
    const argument = code[at + 3] ?? 0;
    if (operation === 0x95) {
      leaveFuel(emitter);
      push64(emitter, 0);
      out.byte(OP.return);
      return;
    }
    if (operation === OPERATION.trap) {
      stop(emitter, STOP.trap, slot, () => {
        constant64(out, argument);
      });
      return;
    }
    const isKnown =
      emitAlu(emitter, operation, dst, src) ||
      emitMemory(emitter, slot, operation, dst, src, argument) ||
      emitCall(emitter, slot, operation, dst, src, argument);
    // Preparation makes a trap of everything else.
    if (!isKnown) throw new TypeError(`Cannot compile operation 0x${operation.toString(16)}`);
    if (operation === 0x18) at += WORDS;
  }
}

const COMPARE64: ReadonlyMap<number, number> = new Map([
  [0x10, OP.i64_eq],
  [0x20, OP.i64_gt_u],
  [0x30, OP.i64_ge_u],
  [0x50, OP.i64_ne],
  [0x60, OP.i64_gt_s],
  [0x70, OP.i64_ge_s],
  [0xa0, OP.i64_lt_u],
  [0xb0, OP.i64_le_u],
  [0xc0, OP.i64_lt_s],
  [0xd0, OP.i64_le_s],
]);

// The comparisons of 32 bits are in the same order, eleven numbers before.
const DISTANCE = OP.i64_eq - OP.i32_eq;

/** Emits the condition of a block's branch: an i32 that is not 0 when it is taken. */
export function emitCondition(emitter: Emitter, { last }: Block): void {
  const { out, program } = emitter;
  const operation = program.code[last] ?? 0;
  const dst = program.code[last + 1] ?? 0;
  const src = program.code[last + 2] ?? 0;
  if (operation === OPERATION.mayGoto) {
    local(out, OP.local_get, LOCAL.mayGoto);
    constant32(out, 1);
    out.byte(OP.i32_sub);
    local(out, OP.local_tee, LOCAL.mayGoto);
    constant32(out, 0);
    out.byte(OP.i32_lt_s);
    return;
  }
  const is64 = (operation & 7) === 5;
  const push = is64 ? push64 : push32;
  push(emitter, dst);
  push(emitter, src);
  const compare = COMPARE64.get(operation & 0xf0);
  if (compare !== undefined) {
    out.byte(is64 ? compare : compare - DISTANCE);
    return;
  }
  // jset
  out.byte(is64 ? OP.i64_and : OP.i32_and);
  if (is64) {
    out.byte(OP.i64_eqz);
    out.byte(OP.i32_eqz);
  }
}
