import { readsOf, writeOf, type Lir, type Virtual } from "./lir.ts";

// Each step takes four positions: it reads before 4n + 1, a call clobbers r0–r5 at 4n + 1, and it writes from 4n + 2 on.
//   4n      reads
//   4n + 1  clobbers
//   4n + 2  writes

/** Positions from `start` up to, but without, `end`. */
export interface LiveRange {
  readonly start: number;
  readonly end: number;
}

/** Where each register holds something that is still needed, in ascending order. */
export type Liveness = LiveRange[][];

/** Position of a step. */
export function positionOf(index: number): number {
  return index * 4;
}

/** Finds the ranges by flowing back from the reads. */
export function findLiveRanges(lir: Lir): Liveness {
  const { blocks, registers } = lir;
  const starts: number[] = [];
  let count = 0;
  for (const { steps } of blocks) {
    starts.push(count);
    count += steps.length;
  }
  const liveIn = blocks.map(() => new Set<Virtual>());
  for (let changed = true; changed;) {
    changed = false;
    for (let at = blocks.length - 1; at >= 0; at -= 1) {
      const block = blocks[at];
      const known = liveIn[at];
      if (block === undefined || known === undefined) continue;
      const live = new Set(block.successors.flatMap((target) => [...(liveIn[target] ?? [])]));
      for (const step of block.steps.toReversed()) {
        const written = writeOf(step);
        if (written !== undefined) live.delete(written);
        for (const read of readsOf(step)) live.add(read);
      }
      if (live.size === known.size) continue;
      for (const one of live) known.add(one);
      changed = true;
    }
  }
  const ranges: Liveness = Array.from({ length: registers }, () => []);
  blocks.forEach((block, at) => {
    const first = starts[at] ?? 0;
    const end = positionOf(first + block.steps.length);
    const open = new Map<Virtual, number>();
    for (const target of block.successors)
      for (const one of liveIn[target] ?? []) open.set(one, end);
    for (let index = block.steps.length - 1; index >= 0; index -= 1) {
      const step = block.steps[index];
      if (step === undefined) continue;
      const position = positionOf(first + index);
      const written = writeOf(step);
      if (written !== undefined) {
        ranges[written]?.push({ start: position + 2, end: open.get(written) ?? position + 3 });
        open.delete(written);
      }
      for (const read of readsOf(step)) if (!open.has(read)) open.set(read, position + 1);
    }
    for (const [one, until] of open) ranges[one]?.push({ start: positionOf(first), end: until });
  });
  return ranges.map(normalize);
}

/** Sorted, with neighbours joined. */
export function normalize(ranges: readonly LiveRange[]): LiveRange[] {
  const joined: LiveRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last !== undefined && range.start <= last.end)
      joined[joined.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
    else joined.push(range);
  }
  return joined;
}

/** Whether two lists of ranges have a position in common. */
export function intersects(a: readonly LiveRange[], b: readonly LiveRange[]): boolean {
  let i = 0;
  let j = 0;
  for (;;) {
    const x = a[i];
    const y = b[j];
    if (x === undefined || y === undefined) return false;
    if (x.end <= y.start) i += 1;
    else if (y.end <= x.start) j += 1;
    else return true;
  }
}
