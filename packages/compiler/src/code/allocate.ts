import { findLiveRanges, intersects, normalize, positionOf, type LiveRange } from "./live.ts";
import { readsOf, writeOf, type Lir, type Virtual } from "./lir.ts";

/** Where a value is kept: in a register of the machine, or in a spill slot. */
export type Home =
  | { readonly kind: "register"; readonly number: number }
  | { readonly kind: "spill"; readonly index: number };

/** The result of allocation. */
export interface Allocation {
  readonly homes: readonly Home[];
  readonly spills: number;
}

/** Registers for values that no call interrupts, in the order in which they are tried; the others keep through calls. */
const SHORT = [1, 2, 3, 4, 5, 0, 6, 7, 8, 9];
const KEPT = [6, 7, 8, 9];
/** With spills, two registers stay free to carry spilled values to the instructions that use them. */
const SHORT_WITH_SPILLS = [1, 2, 3, 4, 6, 7, 8, 9];
const CLOBBERED = 6;

/**
 * Gives every value a register, the most used first: one in which nothing else lives at the same time, by preference the one
 * that a call wants it in or that a move would copy it to. What finds none is spilled, whole, to an 8-byte slot, from
 * where the verifier reads pointers and bounds back unchanged (rows A1, A5, B10, C5 of the verifier matrix).
 */
export function allocate(lir: Lir): Allocation {
  const ranges = findLiveRanges(lir);
  const classes = coalesce(lir, ranges);
  return (
    assign(lir, ranges, classes, false) ??
    assign(lir, ranges, classes, true) ?? { homes: [], spills: 0 }
  );
}

/** Joins the two sides of moves that never live at the same time; the moves then vanish. */
function coalesce(lir: Lir, ranges: LiveRange[][]): number[] {
  const parents = ranges.map((_, index) => index);
  const find = (one: Virtual): Virtual => {
    let at = one;
    while (parents[at] !== at) at = parents[at] ?? at;
    return at;
  };
  const moves = lir.blocks
    .flatMap(({ steps, depth }) => steps.map((step) => ({ step, depth })))
    .toSorted((a, b) => b.depth - a.depth);
  for (const { step } of moves) {
    if (step.kind !== "move" || !("register" in step.from)) continue;
    const a = find(step.to);
    const b = find(step.from.register);
    if (a === b) continue;
    const first = ranges[a] ?? [];
    const second = ranges[b] ?? [];
    if (intersects(first, second)) continue;
    parents[b] = a;
    ranges[a] = normalize([...first, ...second]);
    ranges[b] = [];
  }
  return parents.map((_, index) => find(index));
}

interface Candidate {
  readonly register: Virtual;
  readonly weight: number;
  readonly hints: readonly number[];
}

function assign(
  lir: Lir,
  ranges: readonly LiveRange[][],
  classes: readonly number[],
  mayEverySpill: boolean,
): Allocation | undefined {
  const calls: LiveRange[] = [];
  let index = 0;
  const weights = new Map<Virtual, number>();
  const hints = new Map<Virtual, number[]>();
  const friends = new Map<Virtual, Virtual[]>();
  const parameters = new Set<Virtual>();
  const classOf = (one: Virtual): Virtual => classes[one] ?? one;
  const hint = (one: Virtual, number: number): void => {
    const known = hints.get(classOf(one)) ?? [];
    known.push(number);
    hints.set(classOf(one), known);
  };
  for (const { steps, depth } of lir.blocks) {
    for (const step of steps) {
      const position = positionOf(index);
      const worth = 10 ** Math.min(depth, 4);
      for (const one of [
        ...readsOf(step),
        ...[writeOf(step)].filter((written) => written !== undefined),
      ])
        weights.set(classOf(one), (weights.get(classOf(one)) ?? 0) + worth);
      if (step.kind === "call") {
        calls.push({ start: position + 1, end: position + 2 });
        step.args.forEach((argument, at) => {
          if (argument.kind === "register") hint(argument.register, at + 1);
        });
        if (step.to !== undefined) hint(step.to, 0);
      } else if (step.kind === "parameter") {
        hint(step.to, step.index + 1);
        parameters.add(classOf(step.to));
      } else if (step.kind === "exit" && "register" in step.from) hint(step.from.register, 0);
      else if (step.kind === "move" && "register" in step.from) {
        const [a, b] = [classOf(step.to), classOf(step.from.register)];
        friends.set(a, [...(friends.get(a) ?? []), b]);
        friends.set(b, [...(friends.get(b) ?? []), a]);
      }
      index += 1;
    }
  }
  const candidates: Candidate[] = ranges.flatMap((live, register) => {
    if (live.length === 0) return [];
    const length = live.reduce((sum, { start, end }) => sum + end - start, 0);
    return [
      { register, weight: (weights.get(register) ?? 0) / length, hints: hints.get(register) ?? [] },
    ];
  });
  candidates.sort((a, b) => b.weight - a.weight || a.register - b.register);
  const taken: LiveRange[][] = Array.from({ length: 10 }, () => []);
  const given = new Map<Virtual, Home>();
  let spills = 0;
  for (const { register, hints: wanted } of candidates) {
    const live = ranges[register] ?? [];
    const short = mayEverySpill ? SHORT_WITH_SPILLS : SHORT;
    // r0 stays free while parameters move to where they are kept.
    const allowed = intersects(live, calls)
      ? KEPT
      : parameters.has(register)
        ? short.filter((number) => number !== 0)
        : short;
    const near = (friends.get(register) ?? []).flatMap((friend) => {
      const home = given.get(friend);
      return home?.kind === "register" ? [home.number] : [];
    });
    const order = [...wanted, ...near, ...allowed].filter((number) => allowed.includes(number));
    const free = order.find((number) => !intersects(taken[number] ?? [], live));
    if (free === undefined) {
      if (!mayEverySpill) return undefined;
      given.set(register, { kind: "spill", index: spills });
      spills += 1;
      continue;
    }
    taken[free] = normalize([...(taken[free] ?? []), ...live]);
    given.set(register, { kind: "register", number: free });
  }
  const nowhere: Home = { kind: "register", number: mayEverySpill ? 0 : CLOBBERED - 1 };
  return { homes: classes.map((one) => given.get(one) ?? nowhere), spills };
}
