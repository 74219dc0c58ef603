import type { RuleEvent } from "@ocelli/event";

import type { CompiledCheck } from "./compile-check.ts";
import type { PlanNode } from "./plan.ts";
import type { RuleStep } from "./rule-tree.ts";

/** What is left of a rule for one kind of event. `rule` is the number of the rule in order of definition. */
export interface KindRule {
  readonly rule: number;
  readonly plan: PlanNode;
}

/**
 * The rules of one kind of event as one function: writes the numbers of the rules that hold to `hits`, in the order in
 * which they were found, and gives how many there are.
 */
export type KindProgram<E extends RuleEvent> = (event: E, hits: number[]) => number;

/** What a program is made of. */
export interface KindParts<E extends RuleEvent> {
  readonly rules: readonly KindRule[];
  readonly checks: ReadonlyMap<PlanNode, CompiledCheck<E>>;
}

/** How often each part is referred to by the steps; what is referred to once needs no memory. */
export function countReferences<E extends RuleEvent>(
  steps: readonly RuleStep<E>[],
): Map<PlanNode, number> {
  const counts = new Map<PlanNode, number>();
  const visit = (plan: PlanNode): void => {
    const count = counts.get(plan) ?? 0;
    counts.set(plan, count + 1);
    if (count > 0) return;
    if (plan.kind === "not") visit(plan.child);
    else if (plan.kind === "and" || plan.kind === "or") plan.children.forEach(visit);
  };
  const walk = (some: readonly RuleStep<E>[]): void => {
    for (const step of some) {
      if (step.kind !== "dispatch") visit(step.plan);
      if (step.kind === "guard") walk(step.steps);
      else if (step.kind === "dispatch") step.branches.forEach(walk);
    }
  };
  walk(steps);
  return counts;
}

/** Stamps of events grow by two and start over here, while they still are small integers. */
export const LAST_STAMP: number = 2 ** 30;
