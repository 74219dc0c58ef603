import { errorAt, type Diagnostic, type Span } from "@ocelli/bpf";

import { buildDominators, dominates, type DominatorTree } from "../ir/dominators.ts";
import { successorsOf, type Block, type IrFunction, type Value } from "../ir/ir.ts";
import { rangeOf } from "../ir/range.ts";

/** What the verifier works through at most, with room for what is around the loop. */
const MOST_STEPS = 800_000n;

/**
 * Checks that every loop ends as the verifier of Linux 5.10 sees it: a counter that grows on every way round is compared with
 * a constant on every way round, and rounds times instructions stay below what the verifier works through.
 */
export function checkLoops(program: IrFunction): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const [entry] = program.blocks;
  if (entry === undefined) return found;
  const tree = buildDominators(entry);
  const loops = findLoops(program, tree);
  const rounds = new Map<Block, bigint>();
  for (const { header, body, latches } of loops) {
    const most = roundsOf(program, tree, { header, body, latches });
    if (most === undefined) {
      found.push(
        errorAt(
          "unbounded-loop",
          spanOf(header),
          "Cannot compile this loop: nothing shows that it ends",
          "Compare a counter that grows on every way with a constant, e.g. i < n && i < 64, or use for (const i of range(n, { max: 64 }))",
        ),
      );
      continue;
    }
    rounds.set(header, most);
  }
  if (found.length > 0) return found;
  for (const { header, body } of loops) {
    const cost = costOf(body, loops, rounds);
    if (cost > MOST_STEPS)
      found.push(
        errorAt(
          "long-loop",
          spanOf(header),
          `Cannot compile this loop: the verifier would work through ${cost} instructions, and stops at a million`,
          "Let the kernel count: for (const i of loop(n)), or make fewer rounds",
        ),
      );
  }
  return found;
}

interface Loop {
  readonly header: Block;
  readonly body: ReadonlySet<Block>;
  /** Where it goes back to its start. */
  readonly latches: readonly Block[];
}

function findLoops({ blocks }: IrFunction, tree: DominatorTree): readonly Loop[] {
  const found: Loop[] = [];
  for (const header of blocks) {
    const latches = header.predecessors.filter((one) => dominates(tree, header, one));
    if (latches.length === 0) continue;
    const body = new Set<Block>([header]);
    const work = [...latches];
    for (let block = work.pop(); block !== undefined; block = work.pop()) {
      if (body.has(block)) continue;
      body.add(block);
      work.push(...block.predecessors);
    }
    found.push({ header, body, latches });
  }
  return found;
}

function spanOf({ end, span }: Block): Span {
  return end?.kind === "branch" ? end.span : span;
}

/** How often a loop runs at most; `undefined` when nothing shows it. */
function roundsOf(
  program: IrFunction,
  tree: DominatorTree,
  { header, body, latches }: Loop,
): bigint | undefined {
  let best: bigint | undefined;
  for (const one of header.instructions) {
    if (one.op !== "phi") continue;
    const step = stepOf(program, header, body, one.id);
    if (step === undefined || step === 0n) continue;
    const initial = header.predecessors.flatMap((block, index) =>
      latches.includes(block) ? [] : [one.inputs[index] ?? 0],
    );
    const starts = initial.map((value) => rangeOf(program.values, value));
    for (const block of body) {
      if (!latches.every((latch) => dominates(tree, block, latch))) continue;
      const limit = limitOf(program, block, body, one.id, step > 0n);
      if (limit === undefined) continue;
      const most = distance(starts, limit, step);
      if (most !== undefined && (best === undefined || most < best)) best = most;
    }
  }
  return best;
}

function distance(
  starts: readonly ({ readonly min: bigint; readonly max: bigint } | undefined)[],
  limit: { readonly bound: bigint; readonly signed: boolean },
  step: bigint,
): bigint | undefined {
  let most = 0n;
  for (const start of starts) {
    // Counting up without signs ends however large the start is; otherwise it has to be known.
    if (start === undefined && (limit.signed || step < 0n)) return undefined;
    const from = step > 0n ? (start?.min ?? 0n) : (start?.max ?? 0n);
    const way = step > 0n ? limit.bound - from : from - limit.bound;
    const size = step > 0n ? step : -step;
    const rounds = way <= 0n ? 1n : (way + size - 1n) / size + 1n;
    if (rounds > most) most = rounds;
  }
  return most;
}

/** By how much a phi of a loop's header changes at least on each way round; `undefined` when that is not known. */
function stepOf(
  program: IrFunction,
  header: Block,
  body: ReadonlySet<Block>,
  phi: Value,
): bigint | undefined {
  const one = program.values.get(phi);
  if (one?.op !== "phi") return undefined;
  // Phis on the way, with the additions before them: a circle of phis alone brings nothing new, one with additions has no end.
  const open = new Map<Value, number>();
  let additions = 0;
  const change = (value: Value): readonly bigint[] | undefined => {
    if (value === phi) return [0n];
    const made = program.values.get(value);
    if (made === undefined) return undefined;
    const before = open.get(value);
    if (before !== undefined) return before === additions ? [] : undefined;
    switch (made.op) {
      case "arithmetic": {
        const by = program.values.get(made.right);
        if (by?.op !== "const" || (made.operator !== "add" && made.operator !== "sub"))
          return undefined;
        const amount = made.operator === "add" ? BigInt.asIntN(made.bits, by.value) : -by.value;
        additions += 1;
        const inner = change(made.left)?.map((before) => before + amount);
        additions -= 1;
        return inner;
      }
      case "extend":
        return change(made.value);
      case "phi": {
        open.set(value, additions);
        const all: bigint[] = [];
        for (const input of made.inputs) {
          const some = change(input);
          if (some === undefined) {
            open.delete(value);
            return undefined;
          }
          all.push(...some);
        }
        open.delete(value);
        return [...new Set(all)];
      }
      default:
        return undefined;
    }
  };
  const steps: bigint[] = [];
  for (const [index, predecessor] of header.predecessors.entries()) {
    if (!body.has(predecessor)) continue;
    const input = one.inputs[index];
    const some = input === undefined ? undefined : change(input);
    if (some === undefined) return undefined;
    steps.push(...some);
  }
  if (steps.length === 0) return undefined;
  if (steps.every((step) => step > 0n)) return steps.reduce((a, b) => (a < b ? a : b));
  if (steps.every((step) => step < 0n)) return steps.reduce((a, b) => (a > b ? a : b));
  return undefined;
}

/** The constant at which a block leaves the loop by comparing the counter with it. */
function limitOf(
  program: IrFunction,
  block: Block,
  body: ReadonlySet<Block>,
  counter: Value,
  up: boolean,
): { readonly bound: bigint; readonly signed: boolean } | undefined {
  const { end } = block;
  if (end?.kind !== "branch") return undefined;
  const staysWhenTaken = body.has(end.taken);
  if (staysWhenTaken === body.has(end.otherwise)) return undefined;
  const isCounter = (value: Value): bigint | undefined => offsetFrom(program, value, counter);
  const left = isCounter(end.left);
  const right = isCounter(end.right);
  const other = left === undefined ? end.left : end.right;
  const known = program.values.get(other);
  const bound = known?.op === "const" ? known.value : frozenBound(program, other);
  const extra = left ?? right;
  if (bound === undefined || extra === undefined) return undefined;
  const symbol = end.comparison.replace("s", "");
  const signed = end.comparison.startsWith("s");
  // The comparison that holds while the loop goes on, with the counter on the left.
  const mirrored = left === undefined ? (MIRRORED[symbol] ?? symbol) : symbol;
  const stays = staysWhenTaken ? mirrored : (OPPOSITE[mirrored] ?? mirrored);
  const limit = bound - extra;
  const ends = up ? stays === "<" || stays === "<=" : stays === ">" || stays === ">=";
  if (ends) return { bound: limit, signed: signed || !up };
  // A counter that meets the bound exactly ends, too: steps of one from below or above.
  return stays === "!=" ? { bound: limit, signed: true } : undefined;
}

const MIRRORED: Readonly<Record<string, string>> = { "<": ">", "<=": ">=", ">": "<", ">=": "<=" };
const OPPOSITE: Readonly<Record<string, string>> = {
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
  "==": "!=",
  "!=": "==",
};

/** What is added to the counter to make a value; `undefined` when it is made otherwise. */
function offsetFrom(program: IrFunction, value: Value, counter: Value): bigint | undefined {
  if (value === counter) return 0n;
  const made = program.values.get(value);
  if (made?.op === "extend") return offsetFrom(program, made.value, counter);
  if (made?.op !== "arithmetic" || made.operator !== "add") return undefined;
  const by = program.values.get(made.right);
  const inner = by?.op === "const" ? offsetFrom(program, made.left, counter) : undefined;
  return inner === undefined || by?.op !== "const" ? undefined : inner + by.value;
}

/** Configuration is a constant for the verifier; how large it will be is not known here. */
function frozenBound(program: IrFunction, value: Value): bigint | undefined {
  const made = program.values.get(value);
  if (made?.op === "extend") return frozenBound(program, made.value);
  if (made?.op !== "load") return undefined;
  const base = program.values.get(made.base);
  return base?.op === "data" && base.map === ".rodata" ? 64n : undefined;
}

/** Instructions that the verifier works through for a loop, loops inside of it counted as often as they run. */
function costOf(
  body: ReadonlySet<Block>,
  loops: readonly Loop[],
  rounds: ReadonlyMap<Block, bigint>,
): bigint {
  let sum = 0n;
  for (const block of body) {
    const times = loops
      .filter((one) => one.body.has(block) && [...one.body].every((inner) => body.has(inner)))
      .reduce((product, { header }) => product * (rounds.get(header) ?? 1n), 1n);
    sum += times * BigInt(block.instructions.length + (successorsOf(block).length > 1 ? 1 : 0));
  }
  return sum;
}
