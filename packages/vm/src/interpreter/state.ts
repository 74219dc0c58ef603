import { VmError, type VmErrorCode } from "../error.ts";
import type { HelperContext, HelperTable } from "../helper/helper.ts";
import { FLOOR, FRAME_BYTES, MAX_FRAMES, STACK_TOP } from "../memory/layout.ts";
import type { VmMemory } from "../memory/memory.ts";
import { FUNCTION_BASE, REGISTERS, WORDS } from "../program/operation.ts";
import type { PreparedProgram } from "../program/prepare.ts";

/** Words that a call keeps: where it returns to, r1 to r9, and the count of `may_goto`. */
export const SAVED_WORDS = 20;

/** How often a function goes on at a `may_goto`: BPF_MAX_LOOPS of include/linux/bpf.h. */
export const MOST_MAY_GOTO: number = 8 << 20;

/** Everything that changes while a program is interpreted. */
export interface State {
  readonly program: PreparedProgram;
  readonly memory: VmMemory;
  readonly helpers: HelperTable;
  readonly context: HelperContext;
  /** r0 to r10 and the program's constants, each in two halves, low word first. */
  readonly registers: Int32Array;
  /** What active calls keep, innermost last. */
  readonly frames: Int32Array;
  /** How many calls are active; 0 in the entry function. */
  depth: number;
  /** First word of the next instruction. */
  pc: number;
  /** How many backward jumps and calls are left. */
  fuel: number;
  /** How often the function goes on at a `may_goto`. */
  mayGoto: number;
  /** Addresses of functions that may be called through a register, as signed words. */
  readonly callable: ReadonlySet<number>;
}

/** A state with nothing running in it. */
export function createState(
  program: PreparedProgram,
  memory: VmMemory,
  helpers: HelperTable,
  context: HelperContext,
): State {
  const registers = new Int32Array(REGISTERS * 2 + program.constants.length);
  registers.set(program.constants, REGISTERS * 2);
  return {
    program,
    memory,
    helpers,
    context,
    registers,
    frames: new Int32Array(MAX_FRAMES * SAVED_WORDS),
    depth: 0,
    pc: 0,
    fuel: 0,
    mayGoto: 0,
    callable: new Set(program.callbacks.map((slot) => (FUNCTION_BASE + slot) | 0)),
  };
}

/** Puts a state before the first instruction: r1 and r2 as given, r10 at the top of a free frame, everything else 0. */
export function resetState(
  state: State,
  r1: number,
  r2: number,
  fuel: number,
  frame: number = STACK_TOP,
): void {
  const { registers } = state;
  registers.fill(0, 0, REGISTERS * 2);
  registers[2] = r1;
  registers[4] = r2;
  registers[20] = frame;
  state.depth = (STACK_TOP - frame) / FRAME_BYTES;
  state.pc = 0;
  state.fuel = fuel;
  state.mayGoto = MOST_MAY_GOTO;
}

/**
 * Enters a function: keeps r1 to r9 and where to return to, clears what is no argument, moves r10 one frame down. Throws
 * `depth` when no frame is left. Programs must not count on r1 to r5 after a call nor on r6 to r9 before they set them;
 * this way a program that does gets the same from every engine.
 */
export function enterFunction(state: State, slot: number, target: number): void {
  const { registers, frames } = state;
  if (state.depth + 1 >= MAX_FRAMES) {
    throw stopped(
      state.program,
      slot,
      "depth",
      `it calls with ${MAX_FRAMES} functions active, which are the most`,
    );
  }
  const base = state.depth * SAVED_WORDS;
  frames[base] = state.pc;
  for (let word = 0; word < 18; word++) frames[base + 1 + word] = registers[2 + word] ?? 0;
  frames[base + 19] = state.mayGoto;
  state.mayGoto = MOST_MAY_GOTO;
  registers[0] = registers[1] = 0;
  registers.fill(0, 12, 20);
  state.depth += 1;
  registers[20] = STACK_TOP - state.depth * FRAME_BYTES;
  state.pc = target;
}

/** Leaves a function: r1 to r10 are the caller's again. */
export function leaveFunction(state: State): void {
  const { registers, frames } = state;
  state.depth -= 1;
  const base = state.depth * SAVED_WORDS;
  for (let word = 0; word < 18; word++) registers[2 + word] = frames[base + 1 + word] ?? 0;
  registers[20] = STACK_TOP - state.depth * FRAME_BYTES;
  state.pc = frames[base] ?? 0;
  state.mayGoto = frames[base + 19] ?? 0;
}

/** An error with its place: `Cannot run slot 3 (r0 = r1): it …`. */
export function stopped(
  program: PreparedProgram,
  slot: number,
  code: VmErrorCode,
  reason: string,
  address?: bigint,
): VmError {
  const place = program.placeOf(slot);
  const { source } = place;
  const line = source === undefined ? "" : ` at ${source.file}:${source.line}`;
  return new VmError(code, `Cannot run slot ${slot} (${place.text})${line}: ${reason}`, {
    place,
    address,
  });
}

/** An error that a helper threw, with the place of its call. Anything else, and what has its place already, stays as it is. */
export function withPlace(program: PreparedProgram, slot: number, error: unknown): unknown {
  if (!(error instanceof VmError) || error.place !== undefined) return error;
  const reason = error.message.slice(0, 1).toLowerCase() + error.message.slice(1);
  return stopped(program, slot, error.code, reason, error.address);
}

/** The error for memory that is not the program's, or not to be written to. */
export function outside(
  program: PreparedProgram,
  slot: number,
  address: bigint,
  { size, writableEnd }: VmMemory,
): VmError {
  const end = size - 1;
  // Stores are the only class of operations that ends in 3; what is not in the way of a load is read-only.
  const operation = program.code[slot * WORDS] ?? 0;
  const isStore = operation < 0x100 && (operation & 7) === 3;
  const isReadOnly = isStore && address + 8n > BigInt(writableEnd) && address <= BigInt(end);
  const reason = isReadOnly
    ? `is in what it may only read: constants are 0x${writableEnd.toString(16)} to 0x${end.toString(16)}`
    : `is outside its memory: the memory is 0x${FLOOR.toString(16)} to 0x${end.toString(16)}`;
  return stopped(program, slot, "memory", `address 0x${address.toString(16)} ${reason}`, address);
}

/** The error for a program that ran too long. */
export function outOfFuel(program: PreparedProgram, slot: number): VmError {
  return stopped(
    program,
    slot,
    "fuel",
    "it took all the backward jumps and calls that it was allowed",
  );
}

/** The error for a legacy load where nobody gave packets. */
export function noPacket(program: PreparedProgram, slot: number): VmError {
  return stopped(
    program,
    slot,
    "helper",
    "there are no packets to load from: give the machine the helpers of packets",
  );
}

/** The error for a helper that is not there. */
export function noHelper(program: PreparedProgram, slot: number, number: number): VmError {
  return stopped(program, slot, "helper", `there is no helper ${number}: give it to the machine`);
}
