import type { RuleEvent } from "@ocelli/event";

import { compileCheck, type CompiledCheck } from "./compile-check.ts";
import { ALWAYS, NEVER_PLAN, type Planner, type PlanNode } from "./plan.ts";
import type { SourceContext } from "./source.ts";

/** Plans for one kind of event: what that kind decides is decided, and every check that is left is ready. */
export class Specialiser<E extends RuleEvent> {
  readonly checks: Map<PlanNode, CompiledCheck<E>> = new Map();
  readonly #planner: Planner;
  readonly #context: SourceContext<E>;
  readonly #done = new Map<PlanNode, PlanNode>();

  constructor(planner: Planner, context: SourceContext<E>) {
    this.#planner = planner;
    this.#context = context;
  }

  /** What is left of a plan for events of the kind. */
  specialise(plan: PlanNode): PlanNode {
    const known = this.#done.get(plan);
    if (known !== undefined) return known;
    const result = this.#compute(plan);
    this.#done.set(plan, result);
    return result;
  }

  #compute(plan: PlanNode): PlanNode {
    switch (plan.kind) {
      case "constant":
        return plan;
      case "not":
        return this.#planner.not(this.specialise(plan.child));
      case "and":
      case "or": {
        const ends = plan.kind === "or";
        const children: PlanNode[] = [];
        // What comes after a part that decides is not looked at: its fields need not even be found.
        for (const child of plan.children) {
          const part = this.specialise(child);
          if (part.kind === "constant" && part.value === ends) return part;
          children.push(part);
        }
        return this.#planner.join(plan.kind, children);
      }
      case "check": {
        const check = compileCheck(plan.node, this.#context);
        if (check === undefined) return NEVER_PLAN;
        if (check.constant !== undefined) return check.constant ? ALWAYS : NEVER_PLAN;
        this.checks.set(plan, check);
        return plan;
      }
    }
  }
}
