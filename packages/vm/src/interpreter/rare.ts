import { PACKET_LOAD } from "../helper/helper.ts";
import { EXIT_FLAG, HIGH_ARGUMENTS, HIGH_RESULT } from "../memory/layout.ts";
import { TRAPS } from "../program/operation.ts";
import { divide, divideSigned, quotient, remainder } from "./divide.ts";
import { noHelper, noPacket, stopped, type State } from "./state.ts";

// What is too long for the loop, or too rare to make the loop longer. Everything here gets indexes of register halves.

/** Division and remainder of 64 bits, by operation: unsigned 0x3f and 0x9f, signed 0x100 and 0x101. */
export function divide64(registers: Int32Array, operation: number, d: number, s: number): void {
  const al = registers[d] ?? 0;
  const ah = registers[d + 1] ?? 0;
  const bl = registers[s] ?? 0;
  const bh = registers[s + 1] ?? 0;
  const wantsQuotient = operation === 0x3f || operation === 0x100;
  if ((bl | bh) === 0) {
    // RFC 9669, 4.1: x / 0 is 0 and x % 0 is x.
    if (wantsQuotient) registers[d] = registers[d + 1] = 0;
    return;
  }
  if (operation < 0x100) divide(al, ah, bl, bh);
  else divideSigned(al, ah, bl, bh);
  const result = wantsQuotient ? quotient : remainder;
  registers[d] = result.low;
  registers[d + 1] = result.high;
}

/** The bytes of a word the other way round. */
export function swapWord(word: number): number {
  const pairs = ((word & 0x00ff00ff) << 8) | ((word >>> 8) & 0x00ff00ff);
  return (pairs << 16) | (pairs >>> 16);
}

/** A read-modify-write of 32 or 64 bits at a place that has been checked. `kind` is the instruction's immediate. */
export function atomic(state: State, is64: boolean, kind: number, place: number, s: number): void {
  const { registers, memory } = state;
  const { view } = memory;
  const oldLow = view.getInt32(place, true);
  const oldHigh = is64 ? view.getInt32(place + 4, true) : 0;
  const low = registers[s] ?? 0;
  const high = registers[s + 1] ?? 0;
  const compares = kind === 0xf1;
  const writes = !compares || (oldLow === registers[0] && (!is64 || oldHigh === registers[1]));
  if (writes) {
    const sum = (oldLow >>> 0) + (low >>> 0);
    const carry = sum > 0xffff_ffff ? 1 : 0;
    view.setInt32(place, combine(kind, oldLow, low, sum), true);
    if (is64) view.setInt32(place + 4, combine(kind, oldHigh, high, oldHigh + high + carry), true);
  }
  if ((kind & 1) === 0) return;
  const into = compares ? 0 : s;
  registers[into] = oldLow;
  registers[into + 1] = oldHigh;
}

function combine(kind: number, old: number, operand: number, sum: number): number {
  switch (kind & 0xf0) {
    case 0x00:
      return sum | 0;
    case 0x40:
      return old | operand;
    case 0x50:
      return old & operand;
    case 0xa0:
      return old ^ operand;
    default:
      return operand;
  }
}

/** Calls a helper: r1 to r5 in, r0 out. What was in r1 to r5 stays there; programs must not count on it. */
export function callHelper(state: State, slot: number, number: number): void {
  const { registers, memory } = state;
  const helper = state.helpers.get(number);
  if (helper === undefined) throw noHelper(state.program, slot, number);
  const { words } = memory;
  if (helper.wide === true) {
    for (let argument = 0; argument < 5; argument++)
      words[HIGH_ARGUMENTS / 4 + argument] = registers[3 + argument * 2] ?? 0;
  }
  const low = helper.call(
    state.context,
    registers[2] ?? 0,
    registers[4] ?? 0,
    registers[6] ?? 0,
    registers[8] ?? 0,
    registers[10] ?? 0,
  );
  registers[0] = low;
  registers[1] =
    helper.result === "int"
      ? low >> 31
      : helper.result === "u64"
        ? (words[HIGH_RESULT / 4] ?? 0)
        : 0;
}

/**
 * A legacy load of 1, 2 or 4 bytes of the packet whose context r6 is: big-endian, into r0. Bytes that are not there end the
 * function with 0.
 */
export function loadPacket(state: State, slot: number, width: number, offset: number): void {
  const { registers, memory } = state;
  const helper = state.helpers.get(PACKET_LOAD);
  if (helper === undefined) throw noPacket(state.program, slot);
  registers[0] = helper.call(state.context, registers[12] ?? 0, offset | 0, width, 0, 0);
  registers[1] = 0;
  if (memory.words[EXIT_FLAG / 4] !== 0) registers[0] = 0;
}

/** Ends a program at a trap. */
export function trap(state: State, slot: number, reason: number): never {
  throw stopped(state.program, slot, "instruction", TRAPS[reason] ?? "it cannot be run");
}
