// Whether everything that may follow a state is covered by what followed another one, which was verified to the end.
import {
  markPrecise,
  scalarContains,
  scalarsAlike,
  unknownScalar,
  constantScalar,
  type Scalar,
} from "./scalar.ts";
import {
  FRAME_SLOTS,
  markRead,
  type Frame,
  type Slot,
  type State,
  type StoredState,
} from "./state.ts";
import { isNull, type Pointer, type Value } from "./value.ts";

/**
 * How close states have to be.
 *
 * - `enough`: where the old state's ranges decided something the new ones lie within them; the rest does not matter
 * - `within`: everything lies within; for states that are not verified to their end
 * - `same`: nothing differs, so that a loop which comes back like this never ends
 */
export type Likeness = "enough" | "within" | "same";

/** Pairs of ids, old and new: each old one stands for one new one. */
type Pairs = Map<number, number>;

const ANYTHING = unknownScalar();
const ZERO = constantScalar(0n);

/** Whether `now` is covered by `old`. `live` has the live registers before each instruction. */
export function isCovered(old: State, now: State, likeness: Likeness, live: Uint16Array): boolean {
  if (old.frames.length !== now.frames.length) return false;
  if (
    old.lock !== now.lock ||
    old.rcuDepth !== now.rcuDepth ||
    old.preemptDepth !== now.preemptDepth ||
    old.held.length !== now.held.length
  )
    return false;
  const pairs: Pairs = new Map();
  for (let index = 0; index < old.held.length; index++) {
    const [a, b] = [old.held[index], now.held[index]];
    if (a === undefined || b === undefined || !isPair(a.id, b.id, pairs) || a.what !== b.what)
      return false;
  }
  for (let number = 0; number < old.frames.length; number++) {
    const [a, b] = [old.frames[number], now.frames[number]];
    if (a === undefined || b === undefined) return false;
    if (
      a.caller !== b.caller ||
      a.function !== b.function ||
      a.callback?.helper !== b.callback?.helper
    )
      return false;
    const next = old.frames[number + 1];
    // A caller goes on with what survives the call.
    const registers =
      next === undefined
        ? (live[old.instruction] ?? 0)
        : (live[next.caller] ?? 0) & liveInCaller(next);
    if (!frameIsCovered(a, b, likeness, registers, pairs)) return false;
  }
  return true;
}

/** A callback's caller runs its call again, and so needs its arguments as well. */
function liveInCaller(called: Frame): number {
  return called.callback === undefined ? 0b11_1100_0000 : 0b11_1111_1111;
}

function frameIsCovered(
  old: Frame,
  now: Frame,
  likeness: Likeness,
  registers: number,
  pairs: Pairs,
): boolean {
  if (old.callbacks > now.callbacks) return false;
  for (let index = 0; index < 10; index++) {
    if ((registers & (1 << index)) === 0 && likeness !== "same") continue;
    const [a, b] = [old.registers[index], now.registers[index]];
    if (a === undefined || b === undefined) return false;
    if (!valueIsCovered(a, b, likeness, pairs)) return false;
  }
  for (let index = 0; index < FRAME_SLOTS; index++) {
    const [a, b] = [old.stack[index], now.stack[index]];
    if (a === b && likeness !== "same") {
      if (a === undefined || a.object === undefined) {
        if (a?.spill === undefined) continue;
        if (!valueIsCovered(a.spill, a.spill, likeness, pairs)) return false;
        continue;
      }
    }
    if (!slotIsCovered(a, b, likeness, pairs)) return false;
  }
  return true;
}

function isPair(old: number, now: number, pairs: Pairs): boolean {
  if ((old === 0) !== (now === 0)) return false;
  if (old === 0) return true;
  const known = pairs.get(old);
  if (known !== undefined) return known === now;
  for (const taken of pairs.values()) if (taken === now) return false;
  pairs.set(old, now);
  return true;
}

function valueIsCovered(old: Value, now: Value, likeness: Likeness, pairs: Pairs): boolean {
  if (old.kind === "unwritten")
    return likeness === "enough" || likeness === "within" || now.kind === "unwritten";
  if (old.kind !== now.kind) return false;
  if (old.kind === "scalar")
    return now.kind === "scalar" && scalarIsCovered(old, now, likeness, pairs);
  return now.kind === "pointer" && pointerIsCovered(old, now, likeness, pairs);
}

function scalarIsCovered(old: Scalar, now: Scalar, likeness: Likeness, pairs: Pairs): boolean {
  if (likeness === "same")
    return scalarsAlike(old, now) && old.delta === now.delta && isPair(old.id, now.id, pairs);
  if (likeness === "enough" && !old.precise) return true;
  if (!scalarContains(old, now)) return false;
  if (old.id === 0) return true;
  // Links narrowed others on the old path: the new one must have at least the same.
  return old.delta === now.delta && now.id !== 0 && isPair(old.id, now.id, pairs);
}

function pointerIsCovered(old: Pointer, now: Pointer, likeness: Likeness, pairs: Pairs): boolean {
  if (
    old.type !== now.type ||
    old.offset !== now.offset ||
    old.flags !== now.flags ||
    old.map !== now.map ||
    old.target !== now.target ||
    old.nullable !== now.nullable ||
    old.frame !== now.frame
  )
    return false;
  if (likeness === "same") {
    if (old.range !== now.range || !scalarsAlike(old.variable, now.variable)) return false;
  } else {
    // Less of a packet was proven now than what the old path may have used.
    if (
      old.type === "packet" || old.type === "packet-meta"
        ? old.range > now.range
        : old.range !== now.range
    )
      return false;
    if (!scalarContains(old.variable, now.variable)) return false;
  }
  return (
    (old.id === 0 && likeness !== "same" ? true : isPair(old.id, now.id, pairs)) &&
    isPair(old.reference, now.reference, pairs) &&
    isPair(old.mapId, now.mapId, pairs)
  );
}

function slotIsCovered(
  old: Slot | undefined,
  now: Slot | undefined,
  likeness: Likeness,
  pairs: Pairs,
): boolean {
  if (old?.object !== undefined || now?.object !== undefined) {
    const [a, b] = [old?.object, now?.object];
    // The kernel's objects must be given back: a slot that has one is never as good as one that has none.
    if (a === undefined || b === undefined) return false;
    return (
      a.kind === b.kind &&
      a.type === b.type &&
      a.first === b.first &&
      a.active === b.active &&
      a.readonly === b.readonly &&
      (likeness !== "same" || a.depth === b.depth) &&
      isPair(a.id, b.id, pairs) &&
      isPair(a.reference, b.reference, pairs)
    );
  }
  if (old === undefined) return likeness !== "same" || now === undefined;
  if (likeness === "enough" && !old.read) return true;
  if (likeness === "same") {
    if (now === undefined) return false;
    if (old.zero !== now.zero || old.misc !== now.misc || old.spillBytes !== now.spillBytes)
      return false;
    if (old.spill === undefined || now.spill === undefined) return old.spill === now.spill;
    return valueIsCovered(old.spill, now.spill, likeness, pairs);
  }
  const bytes = now === undefined ? 0 : spilled(now);
  const isZero = now?.spill !== undefined && isNull(now.spill);
  const zero = (now?.zero ?? 0) | (isZero ? bytes : 0);
  if ((old.zero & ~zero) !== 0) return false;
  // Where a 0 is relied upon and a register holds it, it decides from now on.
  if (old.zero !== 0 && (old.zero & bytes) !== 0 && now?.spill?.kind === "scalar")
    markPrecise(now.spill);
  if (old.spill === undefined) {
    // Bytes that may be anything: a pointer in their place is a number of which nothing is known.
    return true;
  }
  if (now?.spill === undefined) {
    if (old.spill.kind !== "scalar") return false;
    const own = (1 << old.spillBytes) - 1;
    return valueIsCovered(old.spill, (zero & own) === own ? ZERO : ANYTHING, likeness, pairs);
  }
  if (old.spill.kind === "pointer") return valueIsCovered(old.spill, now.spill, likeness, pairs);
  if (now.spill.kind === "pointer") return valueIsCovered(old.spill, ANYTHING, likeness, pairs);
  if (old.spillBytes === now.spillBytes)
    return valueIsCovered(old.spill, now.spill, likeness, pairs);
  return valueIsCovered(old.spill, ANYTHING, likeness, pairs);
}

function spilled(slot: Slot): number {
  return (1 << slot.spillBytes) - 1;
}

/** What decided something after `old` decides after `now` as well, which ends there. */
export function passMarks(old: StoredState, now: State): void {
  for (const [number, a] of old.frames.entries()) {
    const b = now.frames[number];
    if (b === undefined) continue;
    for (let index = 0; index < 10; index++) passMark(a.registers[index], b.registers[index]);
    for (let index = 0; index < FRAME_SLOTS; index++) {
      const [from, to] = [a.stack[index], b.stack[index]];
      if (from === undefined || to === undefined || from === to) continue;
      if (from.read) markRead(to);
      passMark(from.spill, to.spill);
    }
  }
}

function passMark(old: Value | undefined, now: Value | undefined): void {
  if (old?.kind === "scalar" && old.precise && now?.kind === "scalar") markPrecise(now);
}
