import { SKB } from "../context/skb.ts";
import { findFollowers } from "../jit/blocks.ts";
import { OPERATION } from "./operation.ts";
import type { PreparedProgram } from "./prepare.ts";

// Some fields of `__sk_buff` are narrower in the kernel than they look, so that bpf_convert_ctx_access() (net/core/filter.c)
// makes stores of 16 bits of stores of 32: tc_index and tc_classid are cut, and queue_mapping ignores 0xffff and more.

const NARROW: ReadonlyMap<number, number> = new Map([
  [SKB.tc_index, 0x6b],
  [SKB.tc_classid, 0x6b],
  [SKB.queue_mapping, OPERATION.storeQueue],
]);

const STORE32 = 0x63;
const STORE64 = 0x7b;
const LOAD64 = 0x79;
const MOVE = 0xbf;
const FRAME = 20;

/** Registers (a bit each) and stack slots (by offset) that hold the context. */
interface Known {
  registers: number;
  slots: ReadonlySet<number>;
}

/**
 * The same program with stores into those fields narrowed. Where a store's base is the context on every path is found by
 * following r1 of the entry function through moves, spills and calls.
 */
export function narrowContextStores(program: PreparedProgram): PreparedProgram {
  const { code } = program;
  const before = new Map<number, Known>();
  const work: number[] = [];
  const reach = (at: number, known: Known): void => {
    const old = before.get(at);
    if (old === undefined) {
      before.set(at, known);
      work.push(at);
      return;
    }
    const registers = old.registers & known.registers;
    const slots = new Set([...old.slots].filter((slot) => known.slots.has(slot)));
    if (registers === old.registers && slots.size === old.slots.size) return;
    before.set(at, { registers, slots });
    work.push(at);
  };
  reach(0, { registers: 1 << 1, slots: new Set() });
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    const known = before.get(at);
    if (known === undefined) continue;
    if (code[at] === OPERATION.callLocal)
      reach(code[at + 3] ?? 0, { registers: known.registers & 0b111110, slots: new Set() });
    const after = step(code, at, known);
    for (const next of findFollowers(code, at)) reach(next, after);
  }
  const narrowed = code.slice();
  for (const [at, { registers }] of before) {
    const base = (code[at + 1] ?? 0) >> 1;
    const operation = NARROW.get(code[at + 3] ?? -1);
    if (code[at] === STORE32 && operation !== undefined && (registers & (1 << base)) !== 0)
      narrowed[at] = operation;
  }
  return { ...program, code: narrowed };
}

/** What is known behind an instruction. */
function step(code: Int32Array, at: number, { registers, slots }: Known): Known {
  const operation = code[at] ?? 0;
  const dst = (code[at + 1] ?? 0) >> 1;
  const source = code[at + 2] ?? 0;
  const argument = code[at + 3] ?? 0;
  const holds = source < FRAME && (registers & (1 << (source >> 1))) !== 0;
  const without = registers & ~(1 << dst);
  const kind = operation & 7;
  if (operation === MOVE) return { registers: holds ? registers | (1 << dst) : without, slots };
  if (operation === STORE64 && dst === FRAME / 2) {
    const kept = new Set([...slots].filter((slot) => Math.abs(slot - argument) >= 8));
    if (holds) kept.add(argument);
    return { registers, slots: kept };
  }
  if (operation === LOAD64 && source === FRAME && slots.has(argument))
    return { registers: registers | (1 << dst), slots };
  // A call leaves r6 to r9; what it may have written of the stack is not the context any more for all we know.
  const isCall =
    operation === 0x85 ||
    operation === 0x8d ||
    operation === OPERATION.callLocal ||
    (operation >= OPERATION.packet8 && operation <= OPERATION.packet32);
  if (isCall) return { registers: registers & 0b1111000000, slots };
  const stores = operation < 0x100 && kind === 3;
  const branches = operation < 0x100 && (kind === 5 || kind === 6);
  if (stores) {
    // Into the frame by another width: what lay there is gone.
    if (dst !== FRAME / 2) return { registers, slots };
    const offset = operation === 0xdb || operation === 0xc3 ? argument >> 16 : argument;
    return {
      registers:
        operation === 0xdb || operation === 0xc3
          ? registers & ~(1 << (source >> 1)) & ~1
          : registers,
      slots: new Set([...slots].filter((slot) => Math.abs(slot - offset) >= 8)),
    };
  }
  if (branches || operation === OPERATION.mayGoto || operation === OPERATION.storeQueue)
    return { registers, slots };
  return { registers: without, slots };
}
