import { parseRegex } from "./parse-regex.ts";
import type { Ranges, RegexNode, RegexProblem } from "./regex-node.ts";

/** Tells whether a whole text fits a pattern, in time linear in the text. */
export type RegexMatcher = (text: string) => boolean;

const MAX_STEPS = 10_000;

// One step of a program. "split" goes two ways at once, "set" takes one character.
type Step =
  | { readonly kind: "set"; readonly ranges: Ranges; readonly negated: boolean }
  | { readonly kind: "split"; first: number; second: number }
  | { readonly kind: "line-start" | "line-end" | "match" };

/** Ends a compilation that grows too large. */
class TooLarge extends Error {}

/**
 * Makes a matcher of a pattern in RE2's POSIX syntax, anchored at both ends as the operator `regex` is. `.` and negated
 * sets take characters by code point; `^` and `$` hold at the ends of lines too. A pattern of n steps needs time n × m
 * for a text of m characters, whatever the pattern: all ways are followed at once, none is tried again.
 */
export function compileRegex(pattern: string): RegexMatcher | RegexProblem {
  const node = parseRegex(pattern);
  if ("message" in node) return node;
  const steps: Step[] = [];
  try {
    emit(steps, node);
    add(steps, { kind: "match" });
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    return { message: `pattern too large - compile failed: ${pattern.slice(0, 40)}` };
  }
  return (text) => matches(steps, text);
}

function add(steps: Step[], step: Step): number {
  if (steps.length >= MAX_STEPS) throw new TooLarge();
  return steps.push(step) - 1;
}

/** Writes the steps of a node; what follows it starts at the next step. */
function emit(steps: Step[], node: RegexNode): void {
  switch (node.kind) {
    case "empty":
      return;
    case "set":
      add(steps, node);
      return;
    case "line-start":
    case "line-end":
      add(steps, { kind: node.kind });
      return;
    case "sequence":
      for (const item of node.items) emit(steps, item);
      return;
    case "choice":
      emitChoice(steps, node.items);
      return;
    case "repeat":
      emitRepeat(steps, node.item, node.least, node.most);
  }
}

function emitChoice(steps: Step[], items: readonly RegexNode[]): void {
  const jumps: { first: number; second: number }[] = [];
  for (const [index, item] of items.entries()) {
    if (index === items.length - 1) {
      emit(steps, item);
      break;
    }
    const split = addSplit(steps);
    split.first = steps.length;
    emit(steps, item);
    jumps.push(addSplit(steps));
    split.second = steps.length;
  }
  for (const jump of jumps) jump.first = jump.second = steps.length;
}

function emitRepeat(steps: Step[], item: RegexNode, least: number, most: number | undefined): void {
  for (let count = 0; count < least; count++) {
    const before = steps.length;
    emit(steps, item);
    // What takes no step takes none a thousand times.
    if (steps.length === before) break;
  }
  if (most === undefined) {
    const split = addSplit(steps);
    const start = steps.length - 1;
    split.first = steps.length;
    emit(steps, item);
    const back = addSplit(steps);
    back.first = back.second = start;
    split.second = steps.length;
    return;
  }
  const exits: { first: number; second: number }[] = [];
  for (let count = least; count < most; count++) {
    const split = addSplit(steps);
    split.first = steps.length;
    emit(steps, item);
    exits.push(split);
  }
  for (const exit of exits) exit.second = steps.length;
}

function addSplit(steps: Step[]): { first: number; second: number } {
  const step = { kind: "split" as const, first: 0, second: 0 };
  add(steps, step);
  return step;
}

function matches(steps: readonly Step[], text: string): boolean {
  let current: number[] = [];
  let next: number[] = [];
  // The position at which each step was reached last, so that none is followed twice.
  const reached = new Int32Array(steps.length).fill(-1);
  follow(steps, 0, text, 0, reached, current);
  for (let offset = 0; offset < text.length;) {
    if (current.length === 0) return false;
    const code = text.codePointAt(offset) ?? 0;
    const after = offset + (code > 0xff_ff ? 2 : 1);
    for (const index of current) {
      const step = steps[index];
      if (step?.kind === "set" && inSet(step.ranges, code) !== step.negated)
        follow(steps, index + 1, text, after, reached, next);
    }
    [current, next] = [next, current];
    next.length = 0;
    offset = after;
  }
  return current.some((index) => steps[index]?.kind === "match");
}

/** Adds to `states` every step that takes a character, or the end, and is reached from `start` without taking one. */
function follow(
  steps: readonly Step[],
  start: number,
  text: string,
  offset: number,
  reached: Int32Array,
  states: number[],
): void {
  const open = [start];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (reached[index] === offset) continue;
    reached[index] = offset;
    const step = steps[index];
    switch (step?.kind) {
      case undefined:
        break;
      case "set":
      case "match":
        states.push(index);
        break;
      case "split":
        open.push(step.second, step.first);
        break;
      case "line-start":
        if (offset === 0 || text[offset - 1] === "\n") open.push(index + 1);
        break;
      case "line-end":
        if (offset === text.length || text[offset] === "\n") open.push(index + 1);
    }
  }
}

function inSet(ranges: Ranges, code: number): boolean {
  for (const [from, to] of ranges) if (code >= from && code <= to) return true;
  return false;
}
