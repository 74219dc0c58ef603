import type { RuleEvent } from "@ocelli/event";

import { countReferences, LAST_STAMP, type KindParts, type KindProgram } from "./kind-program.ts";
import type { PlanNode } from "./plan.ts";
import { buildRuleTree, type RuleStep } from "./rule-tree.ts";

type Predicate<E> = (event: E) => boolean;

/** Tries some rules and adds those that hold to the hits. */
type Action<E> = (event: E, hits: number[], count: number) => number;

/**
 * Makes the program of one kind of event out of closures. It needs no code generation, so it also runs where that is
 * forbidden (a page with a content security policy); bench `rules` compares both.
 */
export function linkClosures<E extends RuleEvent>(parts: KindParts<E>): KindProgram<E> {
  const steps = buildRuleTree(parts.rules, parts.checks);
  const linker = new ClosureLinker(parts, steps);
  const run = linker.steps(steps);
  return (event, hits) => {
    linker.advance();
    return run(event, hits, 0);
  };
}

class ClosureLinker<E extends RuleEvent> {
  readonly #parts: KindParts<E>;
  readonly #counts: ReadonlyMap<PlanNode, number>;
  readonly #clock = { stamp: 0 };
  readonly #cells: { seen: number }[] = [];
  readonly #done = new Map<PlanNode, Predicate<E>>();

  constructor(parts: KindParts<E>, steps: readonly RuleStep<E>[]) {
    this.#parts = parts;
    this.#counts = countReferences(steps);
  }

  /** Goes on to the next event. */
  advance(): void {
    const clock = this.#clock;
    clock.stamp += 2;
    if (clock.stamp < LAST_STAMP) return;
    clock.stamp = 2;
    for (const cell of this.#cells) cell.seen = -1;
  }

  steps(steps: readonly RuleStep<E>[]): Action<E> {
    const actions = steps.map((step) => this.#step(step));
    const [only] = actions;
    if (actions.length === 1 && only !== undefined) return only;
    return (event, hits, before) => {
      let count = before;
      for (const action of actions) count = action(event, hits, count);
      return count;
    };
  }

  #step(step: RuleStep<E>): Action<E> {
    switch (step.kind) {
      case "rule": {
        const holds = this.#link(step.plan);
        const { rule } = step;
        return (event, hits, count) => {
          if (!holds(event)) return count;
          hits[count] = rule;
          return count + 1;
        };
      }
      case "guard": {
        const holds = this.#link(step.plan);
        const inside = this.steps(step.steps);
        return (event, hits, count) => (holds(event) ? inside(event, hits, count) : count);
      }
      case "dispatch": {
        const { read } = step.source;
        const { branchOf } = step;
        const branches = step.branches.map((branch) => this.steps(branch));
        return (event, hits, count) => {
          const branch = branchOf.get(read(event));
          return branch === undefined ? count : (branches[branch]?.(event, hits, count) ?? count);
        };
      }
    }
  }

  #link(plan: PlanNode): Predicate<E> {
    const known = this.#done.get(plan);
    if (known !== undefined) return known;
    const bare = this.#bare(plan);
    const predicate = (this.#counts.get(plan) ?? 0) > 1 ? this.#remember(bare) : bare;
    this.#done.set(plan, predicate);
    return predicate;
  }

  #remember(bare: Predicate<E>): Predicate<E> {
    // The stamp of the event for which it held, or one more for which it did not.
    const cell = { seen: -1 };
    this.#cells.push(cell);
    const clock = this.#clock;
    return (event) => {
      const { stamp } = clock;
      if (cell.seen === stamp) return true;
      if (cell.seen === stamp + 1) return false;
      const holds = bare(event);
      cell.seen = holds ? stamp : stamp + 1;
      return holds;
    };
  }

  #bare(plan: PlanNode): Predicate<E> {
    switch (plan.kind) {
      case "constant":
        return () => plan.value;
      case "check": {
        const check = this.#parts.checks.get(plan);
        return check === undefined ? () => false : check.test;
      }
      case "not": {
        const child = this.#link(plan.child);
        return (event) => !child(event);
      }
      case "and": {
        const children = plan.children.map((child) => this.#link(child));
        return (event) => {
          for (const child of children) if (!child(event)) return false;
          return true;
        };
      }
      case "or": {
        const children = plan.children.map((child) => this.#link(child));
        return (event) => {
          for (const child of children) if (child(event)) return true;
          return false;
        };
      }
    }
  }
}
