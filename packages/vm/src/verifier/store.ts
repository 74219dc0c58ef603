// States that were seen, by instruction: a path that comes to one of them again ends there.
import { isHelperCall, OPCODE, type Instruction } from "@ocelli/bpf";

import type { Analysis } from "./analysis.ts";
import { isCovered, passMarks } from "./equal.ts";
import { reject } from "./reject.ts";
import { preciseMarks, scalarsAlike, unknownScalar } from "./scalar.ts";
import {
  copyState,
  createSlot,
  slotReads,
  type Frame,
  type State,
  type StoredState,
} from "./state.ts";

/** Keeps states and compares others with them. */
export interface Store {
  /** Branches seen so far. */
  jumps: number;
  /** Whether what follows a state is verified already. If not the state may be kept from now on. */
  readonly visit: (state: State) => boolean;
  /** A path has ended: what follows the states on its way may be verified with that. */
  readonly end: (parent: StoredState | undefined) => void;
}

const CALLS_BACK: ReadonlySet<number> = new Set([164, 180, 181, 209]);

/** Whether a place is one that paths come back to without end: callbacks, `may_goto`, iterators. */
export function isForced(instruction: Instruction | undefined): boolean {
  if (instruction === undefined) return false;
  if (instruction.opcode === OPCODE.may_goto) return true;
  if (isHelperCall(instruction)) return CALLS_BACK.has(instruction.imm);
  return isIteratorNext(instruction);
}

/** Whether an instruction calls the function that moves an iterator on. */
export function isIteratorNext({ reference, opcode }: Instruction): boolean {
  return (
    opcode === OPCODE.call &&
    reference?.kind === "kfunc" &&
    /^bpf_iter_\w+_next$/.test(reference.name)
  );
}

/** A path that ended because it came back to where another one, not at its end, had been. */
interface Return {
  readonly old: StoredState;
  readonly now: State;
}

/** Makes a store for one run over a function. */
export function createStore(analysis: Analysis): Store {
  const { code, live } = analysis;
  const states = new Map<number, StoredState[]>();
  let returns: Return[] = [];
  let lastJumps = 0;
  let lastProcessed = 0;

  const end = (parent: StoredState | undefined): void => {
    let state = parent;
    while (state !== undefined) {
      state.branches -= 1;
      if (state.branches > 0) return;
      if (returns.some(({ old }) => old === state || old.loop === state)) settle();
      state = state.parent;
    }
    returns = [];
  };

  /** What decided something after a state decides in the paths that came back to it as well, round after round. */
  const settle = (): void => {
    for (let before = -1; before !== preciseMarks() + slotReads();) {
      before = preciseMarks() + slotReads();
      for (const { old, now } of returns) passMarks(old, now);
    }
  };

  const noteReturn = (old: StoredState, now: State): void => {
    returns.push({ old, now: copyState(now) });
    const outer = openLoop(old) ?? old;
    for (let one = now.parent; one !== undefined && one.depth > outer.depth; one = one.parent)
      if (one.loop === undefined || one.loop.branches === 0 || one.loop.depth > outer.depth)
        one.loop = outer;
  };

  const visit = (now: State): boolean => {
    const at = now.instruction;
    const instruction = code.instructions[at];
    const forced = isForced(instruction);
    let adds = forced || (store.jumps - lastJumps >= 2 && analysis.processed - lastProcessed >= 8);
    const seen = states.get(at) ?? [];
    for (let index = 0; index < seen.length; index++) {
      const old = seen[index];
      if (old === undefined) continue;
      if (old.branches > 0) {
        if (forced && old.rounds !== now.rounds && isCovered(old, now, "within", live)) {
          old.hits += 1;
          noteReturn(old, now);
          return true;
        }
        if (!forced && old.rounds === now.rounds && isCovered(old, now, "same", live))
          loops(analysis);
        // Inside a loop fewer states are kept: each round would leave one that nothing ever meets.
        if (!forced && store.jumps - lastJumps < 20 && analysis.processed - lastProcessed < 100)
          adds = false;
      } else {
        const open = openLoop(old);
        if (isCovered(old, now, open === undefined ? "enough" : "within", live)) {
          old.hits += 1;
          if (open !== undefined) noteReturn(old, now);
          passMarks(old, now);
          return true;
        }
      }
      if (adds) old.misses += 1;
      if (old.misses > old.hits * (forced ? 64 : 3) + (forced ? 64 : 3)) {
        seen.splice(index, 1);
        index -= 1;
      }
    }
    if (!adds) return false;
    lastJumps = store.jumps;
    lastProcessed = analysis.processed;
    const kept: StoredState = {
      ...copyState(now),
      branches: 1,
      depth: (now.parent?.depth ?? 0) + 1,
      loop: undefined,
      hits: 0,
      misses: 0,
    };
    seen.push(kept);
    states.set(at, seen);
    now.parent = kept;
    return false;
  };

  const store: Store = { jumps: 0, visit, end };
  return store;
}

function loops(_analysis: Analysis): never {
  return reject(
    "vm-verify-loop",
    "A loop comes back to where it was with nothing changed: it never ends",
    "Count its rounds in a variable that the condition compares",
  );
}

/** The outermost state that what follows `state` came back to, while that is not verified. */
function openLoop(state: StoredState): StoredState | undefined {
  let loop = state.loop;
  while (loop !== undefined && loop.branches === 0) loop = loop.loop;
  return loop;
}

/** The newest state on the way that was at the same instruction with the same functions active. */
export function previousRound(state: State, instruction: number): StoredState | undefined {
  for (let one = state.parent; one !== undefined; one = one.parent) {
    if (one.instruction !== instruction || one.frames.length !== state.frames.length) continue;
    const same = one.frames.every((frame, index) => frame.caller === state.frames[index]?.caller);
    if (same) return one;
  }
  return undefined;
}

/** Numbers that changed since the round before, and decided nothing in it, may be anything from now on. */
export function widen(before: StoredState, state: State): void {
  for (const [number, frame] of state.frames.entries()) {
    const old = before.frames[number];
    if (old !== undefined) widenFrame(old, frame);
  }
}

function widenFrame(old: Frame, frame: Frame): void {
  for (let register = 0; register < 10; register++) {
    const [a, b] = [old.registers[register], frame.registers[register]];
    if (a?.kind !== "scalar" || b?.kind !== "scalar") continue;
    if (!a.precise && !b.precise && !scalarsAlike(a, b))
      frame.registers[register] = unknownScalar([b]);
  }
  for (const [index, slot] of frame.stack.entries()) {
    const spilled = old.stack[index]?.spill;
    if (slot?.spill?.kind !== "scalar" || spilled?.kind !== "scalar") continue;
    if (spilled.precise || slot.spill.precise || scalarsAlike(spilled, slot.spill)) continue;
    if (slot.spillBytes !== 8) continue;
    frame.stack[index] = createSlot({ ...slot, spill: unknownScalar([slot.spill]) }, slot);
  }
}
