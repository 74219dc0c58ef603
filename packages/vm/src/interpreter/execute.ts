import { EXIT_FLAG, FLOOR } from "../memory/layout.ts";
import { FUNCTION_BASE } from "../program/operation.ts";
import { divide, multiplyHigh, quotient, remainder } from "./divide.ts";
import { atomic, callHelper, divide64, loadPacket, swapWord, trap } from "./rare.ts";
import { enterFunction, leaveFunction, outOfFuel, outside, type State } from "./state.ts";

// The place at a 64-bit address plus an offset; throws when it is below the memory or behind `last`, the last place where
// all bytes of the access are the program's. The first line answers for every pointer that was made in this memory.
function reach(
  state: State,
  at: number,
  low: number,
  high: number,
  offset: number,
  last: number,
): number {
  const address = low + offset;
  if (high === 0 && address >= FLOOR && address <= last) return address;
  return reachAround(state, at, low, high, offset, last);
}

// The sum may pass 2^64 and land in the memory after all.
function reachAround(
  state: State,
  at: number,
  low: number,
  high: number,
  offset: number,
  last: number,
): number {
  const base = (BigInt(high) << 32n) | BigInt(low >>> 0);
  const address = BigInt.asUintN(64, base + BigInt(offset));
  state.pc = at;
  if (address >= BigInt(FLOOR) && address <= BigInt(last)) return Number(address);
  throw outside(state.program, at >> 2, address, state.memory);
}

function isBelow(al: number, ah: number, bl: number, bh: number): boolean {
  return ah === bh ? al >>> 0 < bl >>> 0 : ah >>> 0 < bh >>> 0;
}

function isLess(al: number, ah: number, bl: number, bh: number): boolean {
  return ah === bh ? al >>> 0 < bl >>> 0 : ah < bh;
}

// Takes one from the fuel and gives what is left.
function burn(state: State, at: number): number {
  if (state.fuel === 0) {
    state.pc = at;
    throw outOfFuel(state.program, at >> 2);
  }
  state.fuel -= 1;
  return state.fuel;
}

// The function that runs ends; true when it was the one in which the run began.
function leave(state: State, at: number, outermost: number, once: boolean): boolean {
  if (state.depth === outermost && !(once && outermost > 0)) {
    state.pc = at;
    return true;
  }
  leaveFunction(state);
  return false;
}

/**
 * Runs from `state.pc` until the function in which it began exits, or for one instruction if `once`. Gives whether it
 * exited. A shape that V8 compiles well: one switch over literals, registers as halves in one Int32Array, no BigInt;
 * `bench/vm.bench.ts` has the numbers. Cases that compute leave the switch by `break` with the result in `low` and
 * `high`; branches that are taken leave by `break taken`; everything else is done and continues.
 */
export function execute(state: State, once: boolean): boolean {
  const { registers, memory, program } = state;
  const { code } = program;
  const { view, bytes, size: end, writableEnd, words } = memory;
  const outermost = state.depth;
  let { pc, fuel } = state;
  do {
    const at = pc;
    const d = code[at + 1] ?? 0;
    const s = code[at + 2] ?? 0;
    const argument = code[at + 3] ?? 0;
    const al = registers[d] ?? 0;
    const ah = registers[d + 1] ?? 0;
    const bl = registers[s] ?? 0;
    const bh = registers[s + 1] ?? 0;
    let low = 0;
    let high = 0;
    pc = at + 4;
    taken: {
      switch (code[at]) {
        case 0x0f: {
          const sum = (al >>> 0) + (bl >>> 0);
          low = sum | 0;
          high = ah + bh + (sum > 0xffff_ffff ? 1 : 0);
          break;
        }
        case 0x1f:
          low = (al - bl) | 0;
          high = ah - bh - (al >>> 0 < bl >>> 0 ? 1 : 0);
          break;
        case 0x2f:
          low = Math.imul(al, bl);
          high = multiplyHigh(al, bl) + Math.imul(al, bh) + Math.imul(ah, bl);
          break;
        case 0x4f:
          low = al | bl;
          high = ah | bh;
          break;
        case 0x5f:
          low = al & bl;
          high = ah & bh;
          break;
        case 0x6f: {
          const n = bl & 63;
          low = n < 32 ? al << n : 0;
          high = n === 0 ? ah : n < 32 ? (ah << n) | (al >>> (32 - n)) : al << (n - 32);
          break;
        }
        case 0x7f: {
          const n = bl & 63;
          low = n === 0 ? al : n < 32 ? (al >>> n) | (ah << (32 - n)) : ah >>> (n - 32);
          high = n < 32 ? ah >>> n : 0;
          break;
        }
        case 0x87:
          low = -al | 0;
          high = ~ah + (al === 0 ? 1 : 0);
          break;
        case 0xaf:
          low = al ^ bl;
          high = ah ^ bh;
          break;
        case 0xbf:
          low = bl;
          high = bh;
          break;
        case 0x18: // two slots
          low = bl;
          high = bh;
          pc = at + 8;
          break;
        case 0xcf: {
          const n = bl & 63;
          low = n === 0 ? al : n < 32 ? (al >>> n) | (ah << (32 - n)) : ah >> (n - 32);
          high = n < 32 ? ah >> n : ah >> 31;
          break;
        }
        case 0x0c:
          low = al + bl;
          break;
        case 0x1c:
          low = al - bl;
          break;
        case 0x2c:
          low = Math.imul(al, bl);
          break;
        case 0x3c:
          low = bl === 0 ? 0 : (al >>> 0) / (bl >>> 0);
          break;
        case 0x4c:
          low = al | bl;
          break;
        case 0x5c:
          low = al & bl;
          break;
        case 0x6c:
          low = al << bl;
          break;
        case 0x7c:
          low = al >>> bl;
          break;
        case 0x84:
          low = -al;
          break;
        case 0x9c:
          low = bl === 0 ? al : (al >>> 0) % (bl >>> 0);
          break;
        case 0xac:
          low = al ^ bl;
          break;
        case 0xbc:
          low = bl;
          break;
        case 0xcc:
          low = al >> bl;
          break;
        case 0x3f: // unsigned division, when floating point does it: see divide.ts
        case 0x9f:
          if ((bl | bh) === 0 || ah >>> 0 >= 0x20_0000 || bh >>> 0 >= 0x20_0000) {
            divide64(registers, code[at] ?? 0, d, s);
            continue;
          }
          divide(al, ah, bl, bh);
          low = code[at] === 0x3f ? quotient.low : remainder.low;
          high = code[at] === 0x3f ? quotient.high : remainder.high;
          break;
        case 0x100: // signed division
        case 0x101:
          divide64(registers, code[at] ?? 0, d, s);
          continue;
        case 0x102:
          low = bl === 0 ? 0 : al / bl;
          break;
        case 0x103:
          low = bl === 0 ? al : al % bl;
          break;
        case 0x104: // movsx
          low = (bl << 24) >> 24;
          high = low >> 31;
          break;
        case 0x105:
          low = (bl << 16) >> 16;
          high = low >> 31;
          break;
        case 0x106:
          low = bl;
          high = bl >> 31;
          break;
        case 0x107:
          low = (bl << 24) >> 24;
          break;
        case 0x108:
          low = (bl << 16) >> 16;
          break;
        case 0x109: // byte swaps
          low = swapWord(al) >>> 16;
          break;
        case 0x10a:
          low = swapWord(al);
          break;
        case 0x10b:
          low = swapWord(ah);
          high = swapWord(al);
          break;
        case 0x61: // loads
          low = view.getInt32(reach(state, at, bl, bh, argument, end - 4), true);
          break;
        case 0x69:
          low = view.getUint16(reach(state, at, bl, bh, argument, end - 2), true);
          break;
        case 0x71:
          low = bytes[reach(state, at, bl, bh, argument, end - 1)] ?? 0;
          break;
        case 0x79: {
          const place = reach(state, at, bl, bh, argument, end - 8);
          low = view.getInt32(place, true);
          high = view.getInt32(place + 4, true);
          break;
        }
        case 0x81:
          low = view.getInt32(reach(state, at, bl, bh, argument, end - 4), true);
          high = low >> 31;
          break;
        case 0x89:
          low = view.getInt16(reach(state, at, bl, bh, argument, end - 2), true);
          high = low >> 31;
          break;
        case 0x91:
          low = view.getInt8(reach(state, at, bl, bh, argument, end - 1));
          high = low >> 31;
          break;
        case 0x63: // stores
          view.setInt32(reach(state, at, al, ah, argument, writableEnd - 4), bl, true);
          continue;
        case 0x6b:
          view.setInt16(reach(state, at, al, ah, argument, writableEnd - 2), bl, true);
          continue;
        case 0x73:
          bytes[reach(state, at, al, ah, argument, writableEnd - 1)] = bl;
          continue;
        case 0x7b: {
          const place = reach(state, at, al, ah, argument, writableEnd - 8);
          view.setInt32(place, bl, true);
          view.setInt32(place + 4, bh, true);
          continue;
        }
        case 0x112: // the number of a queue
          if (bh === 0 && bl >>> 0 < 0xffff)
            view.setInt16(reach(state, at, al, ah, argument, writableEnd - 2), bl, true);
          continue;
        case 0xc3:
          atomic(
            state,
            false,
            argument & 0xffff,
            reach(state, at, al, ah, argument >> 16, writableEnd - 4),
            s,
          );
          continue;
        case 0xdb:
          atomic(
            state,
            true,
            argument & 0xffff,
            reach(state, at, al, ah, argument >> 16, writableEnd - 8),
            s,
          );
          continue;
        case 0x05: // branches of 64 bits
          break taken;
        case 0x1d:
          if (al === bl && ah === bh) break taken;
          continue;
        case 0x5d:
          if (al !== bl || ah !== bh) break taken;
          continue;
        case 0x4d:
          if (((al & bl) | (ah & bh)) !== 0) break taken;
          continue;
        case 0x2d:
          if (isBelow(bl, bh, al, ah)) break taken;
          continue;
        case 0x3d:
          if (!isBelow(al, ah, bl, bh)) break taken;
          continue;
        case 0xad:
          if (isBelow(al, ah, bl, bh)) break taken;
          continue;
        case 0xbd:
          if (!isBelow(bl, bh, al, ah)) break taken;
          continue;
        case 0x6d:
          if (isLess(bl, bh, al, ah)) break taken;
          continue;
        case 0x7d:
          if (!isLess(al, ah, bl, bh)) break taken;
          continue;
        case 0xcd:
          if (isLess(al, ah, bl, bh)) break taken;
          continue;
        case 0xdd:
          if (!isLess(bl, bh, al, ah)) break taken;
          continue;
        case 0x1e: // branches of 32 bits
          if (al === bl) break taken;
          continue;
        case 0x5e:
          if (al !== bl) break taken;
          continue;
        case 0x4e:
          if ((al & bl) !== 0) break taken;
          continue;
        case 0x2e:
          if (al >>> 0 > bl >>> 0) break taken;
          continue;
        case 0x3e:
          if (al >>> 0 >= bl >>> 0) break taken;
          continue;
        case 0xae:
          if (al >>> 0 < bl >>> 0) break taken;
          continue;
        case 0xbe:
          if (al >>> 0 <= bl >>> 0) break taken;
          continue;
        case 0x6e:
          if (al > bl) break taken;
          continue;
        case 0x7e:
          if (al >= bl) break taken;
          continue;
        case 0xce:
          if (al < bl) break taken;
          continue;
        case 0xde:
          if (al <= bl) break taken;
          continue;
        case 0x85: // calls; callbacks run in this state, so it must be whole
        case 0x8d:
          state.pc = at;
          state.fuel = fuel;
          if (code[at] === 0x8d && ah === 0 && state.callable.has(al)) {
            fuel = burn(state, at);
            state.pc = pc;
            enterFunction(state, at >> 2, (al - FUNCTION_BASE) << 2);
            ({ pc } = state);
            continue;
          }
          callHelper(state, at >> 2, code[at] === 0x85 ? argument : al);
          ({ fuel } = state);
          if (words[EXIT_FLAG / 4] === 0) continue;
          words[EXIT_FLAG / 4] = 0;
          if (leave(state, at, outermost, once)) return true;
          ({ pc } = state);
          continue;
        case 0x10e: // legacy packet loads
        case 0x10f:
        case 0x110:
          state.pc = at;
          loadPacket(state, at >> 2, 1 << ((code[at] ?? 0) - 0x10e), argument + bl);
          if (words[EXIT_FLAG / 4] === 0) continue;
          words[EXIT_FLAG / 4] = 0;
          state.fuel = fuel;
          if (leave(state, at, outermost, once)) return true;
          ({ pc } = state);
          continue;
        case 0x111: // may_goto
          state.mayGoto -= 1;
          if (state.mayGoto < 0) break taken;
          continue;
        case 0x10c:
          state.fuel = fuel;
          fuel = burn(state, at);
          state.pc = pc;
          enterFunction(state, at >> 2, argument);
          ({ pc } = state);
          continue;
        case 0x95:
          state.fuel = fuel;
          if (leave(state, at, outermost, once)) return true;
          ({ pc } = state);
          continue;
        default:
          state.pc = at;
          state.fuel = fuel;
          trap(state, at >> 2, argument);
      }
      registers[d] = low;
      registers[d + 1] = high;
      continue;
    }
    if (argument <= at) {
      if (fuel === 0) {
        state.pc = at;
        throw outOfFuel(program, at >> 2);
      }
      fuel -= 1;
    }
    pc = argument;
    // oxlint-disable-next-line no-unmodified-loop-condition -- the loop ends by return and by throw, too
  } while (!once);
  state.pc = pc;
  state.fuel = fuel;
  return false;
}
