import type { RuleEvent } from "@ocelli/event";

import type { CompiledCheck } from "./compile-check.ts";
import type { PlanNode } from "./plan.ts";

/** What is left of a rule for one kind of event. `rule` is the number of the rule in order of definition. */
export interface KindRule {
  readonly rule: number;
  readonly plan: PlanNode;
}

/**
 * The rules of one kind of event as one function: writes the numbers of the rules that hold to `hits`, in order, and
 * gives how many there are. It stops at the first when it was compiled to.
 */
export type KindProgram<E extends RuleEvent> = (event: E, hits: number[]) => number;

/** What a program is made of. */
export interface KindParts<E extends RuleEvent> {
  readonly rules: readonly KindRule[];
  readonly checks: ReadonlyMap<PlanNode, CompiledCheck<E>>;
  readonly firstOnly: boolean;
}

/** How often each part of the plans is referred to; what is referred to once needs no memory. */
export function countReferences(rules: readonly KindRule[]): Map<PlanNode, number> {
  const counts = new Map<PlanNode, number>();
  const visit = (plan: PlanNode): void => {
    const count = counts.get(plan) ?? 0;
    counts.set(plan, count + 1);
    if (count > 0) return;
    if (plan.kind === "not") visit(plan.child);
    else if (plan.kind === "and" || plan.kind === "or") plan.children.forEach(visit);
  };
  for (const { plan } of rules) visit(plan);
  return counts;
}

/** Stamps of events grow by two and start over here, while they still are small integers. */
export const LAST_STAMP: number = 2 ** 30;
