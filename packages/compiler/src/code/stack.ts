import type { Lir, LirBlock, Step } from "./lir.ts";

/** Where slots lie below the frame pointer, and how many bytes they take together. */
export interface StackLayout {
  /** By slot; negative, multiples of 8. */
  readonly offsets: readonly number[];
  readonly size: number;
}

interface Interval {
  start: number;
  end: number;
}

/**
 * Gives slots their places. Those that only loads, stores and calls name share a place when they are never in use at the same
 * time; a slot whose address stays in a register may be used anywhere, and shares with none.
 */
export function layOutStack({ blocks, slots }: Lir): StackLayout {
  const intervals = new Map<number, Interval>();
  const kept = new Set<number>();
  const loops: Interval[] = [];
  const starts = new Map<number, number>();
  let position = 0;
  for (const block of blocks) {
    starts.set(block.id, position);
    for (const step of block.steps) {
      for (const slot of slotsOf(step)) {
        const known = intervals.get(slot);
        if (known === undefined) intervals.set(slot, { start: position, end: position });
        else known.end = position;
      }
      if (step.kind === "slot") kept.add(step.slot);
      position += 1;
    }
    for (const target of backEdges(block, starts)) loops.push({ start: target, end: position });
  }
  // What is used inside and outside of a loop is in use all through it.
  for (let changed = true; changed;) {
    changed = false;
    for (const one of intervals.values()) {
      for (const loop of loops) {
        const meets = one.start < loop.end && one.end >= loop.start;
        const isInside = one.start >= loop.start && one.end < loop.end;
        if (!meets || isInside || (one.start <= loop.start && one.end >= loop.end)) continue;
        one.start = Math.min(one.start, loop.start);
        one.end = Math.max(one.end, loop.end);
        changed = true;
      }
    }
  }
  return place(slots, intervals, kept);
}

function backEdges(block: LirBlock, starts: ReadonlyMap<number, number>): number[] {
  return block.successors.flatMap((target) => starts.get(target) ?? []);
}

function slotsOf(step: Step): number[] {
  switch (step.kind) {
    case "slot":
      return [step.slot];
    case "load":
    case "store":
    case "atomic-add":
      return step.base.kind === "slot" ? [step.base.slot] : [];
    case "call":
      return step.args.flatMap((one) => (one.kind === "slot" ? [one.slot] : []));
    default:
      return [];
  }
}

/** First fit, the largest first: each place in the stack has the intervals in which it is taken. */
function place(
  slots: Lir["slots"],
  intervals: ReadonlyMap<number, Interval>,
  kept: ReadonlySet<number>,
): StackLayout {
  const offsets = slots.map(() => 0);
  const places: { readonly offset: number; readonly size: number; readonly taken: Interval[] }[] =
    [];
  let depth = 0;
  const order = slots
    .map((_, index) => index)
    .toSorted((a, b) => (slots[b]?.size ?? 0) - (slots[a]?.size ?? 0) || a - b);
  for (const slot of order) {
    const own = intervals.get(slot);
    if (own === undefined) continue;
    const size = Math.ceil((slots[slot]?.size ?? 0) / 8) * 8;
    const interval = kept.has(slot) ? { start: 0, end: Infinity } : own;
    const free = places.find(
      (one) =>
        one.size >= size &&
        one.taken.every(({ start, end }) => end < interval.start || interval.end < start),
    );
    if (free === undefined) depth += size;
    const target = free ?? { offset: -depth, size, taken: [] };
    if (free === undefined) places.push(target);
    target.taken.push(interval);
    offsets[slot] = target.offset;
  }
  return { offsets, size: depth };
}
