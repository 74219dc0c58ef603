import type { HelperResult, VmHelper } from "../helper/helper.ts";
import { EXIT_FLAG, FLOOR, FRAME_BYTES, HIGH_ARGUMENTS, HIGH_RESULT } from "../memory/layout.ts";
import { FUNCTION_BASE, OPERATION, WORDS } from "../program/operation.ts";
import {
  access,
  burnFuel,
  constant32,
  constant64,
  GLOBAL,
  IMPORT,
  leaveFuel,
  local,
  LOCAL,
  push32,
  push64,
  set32,
  set64,
  stop,
  STOP,
  takeFuel,
  type EmittedLookup,
  type Emitter,
} from "./emitter.ts";
import { OP, TYPE } from "./wasm.ts";

const ARGUMENTS = [2, 4, 6, 8, 10] as const;

/** Emits a call; `false` if the instruction is none. */
export function emitCall(
  emitter: Emitter,
  slot: number,
  operation: number,
  dst: number,
  src: number,
  argument: number,
): boolean {
  switch (operation) {
    case 0x85:
      emitHelper(emitter, slot, argument);
      return true;
    case 0x8d:
      emitThroughRegister(emitter, slot, dst);
      return true;
    case OPERATION.packet8:
    case OPERATION.packet16:
    case OPERATION.packet32:
      emitPacketLoad(emitter, slot, 1 << (operation - OPERATION.packet8), src, argument);
      return true;
    case OPERATION.callLocal:
      emitLocal(emitter, slot, argument);
      return true;
    default:
      return false;
  }
}

function emitHelper(emitter: Emitter, slot: number, number: number): void {
  const { helpers, helperIndex } = emitter;
  const helper = helpers.get(number);
  const index = helperIndex.get(number);
  if (helper === undefined || index === undefined) {
    stop(emitter, STOP.helper, slot, () => {
      constant64(emitter.out, number);
    });
    return;
  }
  const lookup = emitter.lookups.get(slot);
  if (lookup === undefined) {
    emitHelperCall(emitter, slot, helper, index);
    return;
  }
  emitLookup(emitter, lookup, () => {
    emitHelperCall(emitter, slot, helper, index);
  });
}

// The map's handle in r1, and a key that is all in memory: what the helper finds is found without it.
function emitLookup(emitter: Emitter, lookup: EmittedLookup, otherwise: () => void): void {
  const { out, memorySize } = emitter;
  const { handle, keySize, layout, index } = lookup;
  const [r1, r2] = ARGUMENTS;
  push32(emitter, r1);
  constant32(out, handle | 0);
  out.byte(OP.i32_eq);
  push32(emitter, r2);
  constant32(out, FLOOR);
  out.byte(OP.i32_sub);
  constant32(out, memorySize - keySize - FLOOR);
  out.byte(OP.i32_le_u);
  out.byte(OP.i32_and);
  out.byte(OP.if);
  out.byte(TYPE.void);
  push32(emitter, r2);
  if (layout === undefined) {
    local(out, OP.call, index);
    set32(emitter, 0);
  } else {
    access(out, OP.i32_load);
    local(out, OP.local_tee, LOCAL.label);
    constant32(out, layout.count);
    out.byte(OP.i32_lt_u);
    out.byte(OP.if);
    out.byte(TYPE.i64);
    local(out, OP.local_get, LOCAL.label);
    constant32(out, layout.stride);
    out.byte(OP.i32_mul);
    constant32(out, layout.base);
    out.byte(OP.i32_add);
    out.byte(OP.i64_extend_i32_u);
    out.byte(OP.else);
    constant64(out, 0);
    out.byte(OP.end);
    set64(emitter, 0);
  }
  out.byte(OP.else);
  otherwise();
  out.byte(OP.end);
}

function emitHelperCall(emitter: Emitter, slot: number, helper: VmHelper, index: number): void {
  const { out } = emitter;
  announce(emitter, slot, helper.mayExit);
  if (helper.wide === true) spillHighArguments(emitter);
  pushLowArguments(emitter);
  leaveFuel(emitter);
  local(out, OP.call, index);
  takeFuel(emitter);
  takeResult(emitter, helper.result);
  if (helper.mayExit === true) exitIfAsked(emitter);
}

// The function ends when the helper said so.
function exitIfAsked(emitter: Emitter): void {
  const { out } = emitter;
  constant32(out, EXIT_FLAG);
  access(out, OP.i32_load);
  out.byte(OP.if);
  out.byte(TYPE.void);
  constant32(out, EXIT_FLAG);
  constant32(out, 0);
  access(out, OP.i32_store);
  leaveFuel(emitter);
  push64(emitter, 0);
  out.byte(OP.return);
  out.byte(OP.end);
}

// The address of a function calls it; anything else is a helper's number.
function emitThroughRegister(emitter: Emitter, slot: number, dst: number): void {
  const { out, program } = emitter;
  for (const callback of program.callbacks) {
    push64(emitter, dst);
    out.byte(OP.i64_const);
    out.s64((FUNCTION_BASE + callback) | 0, 0);
    out.byte(OP.i64_eq);
    out.byte(OP.if);
    out.byte(TYPE.void);
    emitLocal(emitter, slot, callback * WORDS);
    out.byte(OP.else);
  }
  announce(emitter, slot, true);
  spillHighArguments(emitter);
  push32(emitter, dst);
  pushLowArguments(emitter);
  leaveFuel(emitter);
  local(out, OP.call, IMPORT.callByNumber);
  takeFuel(emitter);
  takeResult(emitter, "u64");
  exitIfAsked(emitter);
  for (const _ of program.callbacks) out.byte(OP.end);
}

function emitPacketLoad(
  emitter: Emitter,
  slot: number,
  width: number,
  src: number,
  argument: number,
): void {
  const { out, packetIndex } = emitter;
  if (packetIndex === undefined) {
    stop(emitter, STOP.packet, slot);
    return;
  }
  announce(emitter, slot);
  push32(emitter, 12);
  push32(emitter, src);
  constant32(out, argument);
  out.byte(OP.i32_add);
  constant32(out, width);
  constant32(out, 0);
  constant32(out, 0);
  leaveFuel(emitter);
  local(out, OP.call, packetIndex);
  takeFuel(emitter);
  takeResult(emitter, "u32");
  exitIfAsked(emitter);
}

// Where the program is, for helpers that call back or complain.
function announce({ out, program }: Emitter, slot: number, mayExit = false): void {
  constant32(out, slot);
  local(out, OP.global_set, GLOBAL.slot);
  if (program.callbacks.length === 0 && !mayExit) return;
  local(out, OP.local_get, LOCAL.frame);
  local(out, OP.global_set, GLOBAL.frame);
}

function spillHighArguments(emitter: Emitter): void {
  const { out } = emitter;
  ARGUMENTS.forEach((half, index) => {
    constant32(out, HIGH_ARGUMENTS + index * 4);
    push64(emitter, half);
    constant64(out, 32);
    out.byte(OP.i64_shr_u);
    access(out, OP.i64_store32);
  });
}

function pushLowArguments(emitter: Emitter): void {
  for (const half of ARGUMENTS) push32(emitter, half);
}

function takeResult(emitter: Emitter, result: HelperResult): void {
  const { out } = emitter;
  out.byte(result === "int" ? OP.i64_extend_i32_s : OP.i64_extend_i32_u);
  if (result === "u64") {
    constant32(out, HIGH_RESULT);
    access(out, OP.i64_load32_u);
    constant64(out, 32);
    out.byte(OP.i64_shl);
    out.byte(OP.i64_or);
  }
  set64(emitter, 0);
}

function emitLocal(emitter: Emitter, slot: number, target: number): void {
  const { out, functionIndex } = emitter;
  burnFuel(emitter, slot);
  local(out, OP.local_get, LOCAL.frame);
  constant32(out, FLOOR + 2 * FRAME_BYTES);
  out.byte(OP.i32_lt_u);
  out.byte(OP.if);
  out.byte(TYPE.void);
  stop(emitter, STOP.depth, slot);
  out.byte(OP.end);
  for (const half of ARGUMENTS) push64(emitter, half);
  local(out, OP.local_get, LOCAL.frame);
  constant32(out, FRAME_BYTES);
  out.byte(OP.i32_sub);
  leaveFuel(emitter);
  local(out, OP.call, functionIndex.get(target) ?? 0);
  takeFuel(emitter);
  set64(emitter, 0);
}
