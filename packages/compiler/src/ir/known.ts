import { buildDominators } from "./dominators.ts";
import type { Block, Comparison, IrFunction, Value } from "./ir.ts";
import { rangeOf, type Range } from "./range.ts";

const WIDEST: Range = { min: -(1n << 63n), max: (1n << 64n) - 1n };

/**
 * What a value can be where a block begins: by the instructions that make it, and by the conditions that hold on every way to
 * the block. Only comparisons of the very value with a constant count, since these are what the verifier learns from, too.
 */
export function rangeAt(program: IrFunction, block: Block, value: Value): Range {
  let range = rangeOf(program.values, value) ?? WIDEST;
  const [entry] = program.blocks;
  if (entry === undefined) return range;
  const tree = buildDominators(entry);
  let next: Block | undefined = tree.has(block) ? block : undefined;
  while (next !== undefined) {
    const at: Block = next;
    const above = tree.get(at);
    next = above === at ? undefined : above;
    const [only] = at.predecessors;
    const end = only?.end;
    if (at.predecessors.length !== 1 || end?.kind !== "branch" || end.taken === end.otherwise)
      continue;
    const holds = end.taken === at;
    const right = program.values.get(end.right);
    const left = program.values.get(end.left);
    if (end.left === value && right?.op === "const")
      range = refine(range, holds ? end.comparison : OPPOSITE[end.comparison], right.value);
    else if (end.right === value && left?.op === "const") {
      const mirrored = MIRRORED[end.comparison];
      range = refine(range, holds ? mirrored : OPPOSITE[mirrored], left.value);
    }
  }
  return range;
}

const OPPOSITE: Readonly<Record<Comparison, Comparison>> = {
  "==": "!=",
  "!=": "==",
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
  "s<": "s>=",
  "s<=": "s>",
  "s>": "s<=",
  "s>=": "s<",
};
const MIRRORED: Readonly<Record<Comparison, Comparison>> = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
  "s<": "s>",
  "s<=": "s>=",
  "s>": "s<",
  "s>=": "s<=",
};

function refine(range: Range, comparison: Comparison, bound: bigint): Range {
  const { min, max } = range;
  const atMost = (most: bigint, least: bigint): Range => ({
    min: min > least ? min : least,
    max: max < most ? max : most,
  });
  const atLeast = (least: bigint): Range => ({ min: min > least ? min : least, max });
  switch (comparison) {
    case "==":
      return { min: bound, max: bound };
    case "<":
      // Unsigned: below a number that is not negative nothing is.
      return bound > 0n ? atMost(bound - 1n, 0n) : range;
    case "<=":
      return bound >= 0n ? atMost(bound, 0n) : range;
    case ">":
      return bound >= 0n && min >= 0n ? atLeast(bound + 1n) : range;
    case ">=":
      return bound >= 0n && min >= 0n ? atLeast(bound) : range;
    case "s<":
      return atMost(bound - 1n, min);
    case "s<=":
      return atMost(bound, min);
    case "s>":
      return max < 1n << 63n ? atLeast(bound + 1n) : range;
    case "s>=":
      return max < 1n << 63n ? atLeast(bound) : range;
    default:
      return bound === min
        ? { min: min + 1n, max }
        : bound === max
          ? { min, max: max - 1n }
          : range;
  }
}
