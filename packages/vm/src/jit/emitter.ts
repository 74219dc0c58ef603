import type { HelperTable } from "../helper/helper.ts";
import type { ArrayLayout } from "../map/map.ts";
import { REGISTERS } from "../program/operation.ts";
import type { PreparedProgram } from "../program/prepare.ts";
import { OP } from "./wasm.ts";
import type { Writer } from "./writer.ts";

/** Globals of a module, by index. */
export const GLOBAL = {
  /** i32: backward jumps and calls that are left, as of the last call, return or stop; see `LOCAL.fuel`. */
  fuel: 0,
  /** i32: slot of the helper's call that is going on. */
  slot: 1,
  /** i32: r10 of the function that calls the helper. */
  frame: 2,
  /** i64: r0 of the last run. */
  result: 3,
} as const;

/** Why compiled code calls `stop()`. */
export const STOP = { outside: 0, fuel: 1, depth: 2, helper: 3, trap: 4, packet: 5 } as const;

/** Imported functions that every module has: before those of the helpers, by index. */
export const IMPORT = {
  /** (why i32, slot i32, value i64); does not return. */
  stop: 0,
  /** (number, five low halves) → low half of the result; the upper one is in memory. */
  callByNumber: 1,
} as const;

// Locals of a function: its parameters r1 to r5 and the frame, then r0, r6 to r9, and room for an instruction's own use.
//   0–4 r1–r5   5 frame (i32)   6 r0   7–10 r6–r9   11, 12 scratch (i64)   13 label (i32)   14 fuel (i32)   15 may_goto (i32)
/**
 * Locals that are no register. While a function runs that burns fuel, `fuel` has the true count, in a register of the
 * machine: counting in the global makes a short loop 8 % slower (workload `checksum` of bench/vm.bench.ts).
 */
export const LOCAL = { frame: 5, address: 11, old: 12, label: 13, fuel: 14, mayGoto: 15 } as const;

/** A map that a lookup is likely to be for. */
export interface EmittedLookup {
  readonly handle: number;
  readonly keySize: number;
  /** Where an array's values lie. */
  readonly layout: ArrayLayout | undefined;
  /** Index of the imported function that looks up, for other maps. */
  readonly index: number;
}

/** What code for one function is made with. */
export interface Emitter {
  readonly program: PreparedProgram;
  readonly out: Writer;
  /** Bytes of the memory that the code will run in. */
  readonly memorySize: number;
  /** One past the last byte that the code may write to. */
  readonly writableEnd: number;
  readonly helpers: HelperTable;
  /** Index of the imported function of a helper. */
  readonly helperIndex: ReadonlyMap<number, number>;
  /** Index of the function that begins at a word. */
  readonly functionIndex: ReadonlyMap<number, number>;
  /** What lookups are likely to be for, by slot, and how the map is asked: by itself, or by an imported function. */
  readonly lookups: ReadonlyMap<number, EmittedLookup>;
  /** Index of the imported function behind legacy packet loads. */
  readonly packetIndex: number | undefined;
  /** Whether the function has a loop or calls one of the program's functions. */
  readonly burnsFuel: boolean;
  /** Addresses are not checked but cut to 32 bits. */
  readonly trusted: boolean;
}

/** The local that holds a register, given by its half's number; r10 has none. */
function localOf(half: number): number {
  const register = half >> 1;
  return register === 0 ? 6 : register < 6 ? register - 1 : register + 1;
}

/** The halves of a constant operand; `undefined` when the operand is a register. */
export function constantOf(emitter: Emitter, half: number): readonly [number, number] | undefined {
  const at = half - REGISTERS * 2;
  const { constants } = emitter.program;
  return at < 0 ? undefined : [constants[at] ?? 0, constants[at + 1] ?? 0];
}

/** Pushes an operand as i64. */
export function push64(emitter: Emitter, half: number): void {
  const { out } = emitter;
  const constant = constantOf(emitter, half);
  if (constant !== undefined) {
    out.byte(OP.i64_const);
    out.s64(...constant);
  } else if (half === 20) {
    local(out, OP.local_get, LOCAL.frame);
    out.byte(OP.i64_extend_i32_u);
  } else local(out, OP.local_get, localOf(half));
}

/** Pushes the lower half of an operand as i32. */
export function push32(emitter: Emitter, half: number): void {
  const { out } = emitter;
  const constant = constantOf(emitter, half);
  if (constant !== undefined) constant32(out, constant[0]);
  else if (half === 20) local(out, OP.local_get, LOCAL.frame);
  else {
    local(out, OP.local_get, localOf(half));
    out.byte(OP.i32_wrap_i64);
  }
}

/** Pops an i64 into a register. */
export function set64(emitter: Emitter, half: number): void {
  local(emitter.out, OP.local_set, localOf(half));
}

/** Pops an i32 into a register, with zeros above. */
export function set32(emitter: Emitter, half: number): void {
  emitter.out.byte(OP.i64_extend_i32_u);
  set64(emitter, half);
}

/** `local.get`, `local.set` or `local.tee`; the same for globals, branches and calls: an opcode and an index. */
export function local(out: Writer, opcode: number, index: number): void {
  out.byte(opcode);
  out.u32(index);
}

/** Pushes an i32. */
export function constant32(out: Writer, value: number): void {
  out.byte(OP.i32_const);
  out.s32(value);
}

/** Pushes an i64 that fits 32 bits, signed. */
export function constant64(out: Writer, value: number): void {
  out.byte(OP.i64_const);
  out.s64(value | 0, value < 0 ? -1 : 0);
}

/** A load or store of `out`, with its alignment unknown and an offset. */
export function access(out: Writer, opcode: number, offset = 0): void {
  out.byte(opcode);
  out.byte(0);
  out.u32(offset);
}

/** Before control leaves the function, for a while or for good: the count of fuel goes where everybody finds it. */
export function leaveFuel({ out, burnsFuel }: Emitter): void {
  if (!burnsFuel) return;
  local(out, OP.local_get, LOCAL.fuel);
  local(out, OP.global_set, GLOBAL.fuel);
}

/** When control comes, or comes back: takes the count of fuel. */
export function takeFuel({ out, burnsFuel }: Emitter): void {
  if (!burnsFuel) return;
  local(out, OP.global_get, GLOBAL.fuel);
  local(out, OP.local_set, LOCAL.fuel);
}

/** Ends the program there; `pushValue` pushes an i64 for the words, 0 by default. */
export function stop(
  emitter: Emitter,
  why: number,
  slot: number,
  pushValue: () => void = () => {
    constant64(emitter.out, 0);
  },
): void {
  const { out } = emitter;
  leaveFuel(emitter);
  constant32(out, why);
  constant32(out, slot);
  pushValue();
  local(out, OP.call, IMPORT.stop);
  out.byte(OP.unreachable);
}

/** Takes one from the fuel, or stops. */
export function burnFuel(emitter: Emitter, slot: number): void {
  const { out } = emitter;
  local(out, OP.local_get, LOCAL.fuel);
  out.byte(OP.i32_eqz);
  out.byte(OP.if);
  out.byte(0x40);
  stop(emitter, STOP.fuel, slot);
  out.byte(OP.end);
  local(out, OP.local_get, LOCAL.fuel);
  constant32(out, 1);
  out.byte(OP.i32_sub);
  local(out, OP.local_set, LOCAL.fuel);
}
