import type { CompareNode, ExistsNode, FilterNode } from "../filter/ast.ts";
import { printFilter } from "../filter/print-filter.ts";

/** A condition with equal parts made one: parts are compared by identity. */
export type PlanNode =
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "check"; readonly id: number; readonly node: ExistsNode | CompareNode }
  | { readonly kind: "not"; readonly id: number; readonly child: PlanNode }
  | {
      readonly kind: "and" | "or";
      readonly id: number;
      readonly children: readonly PlanNode[];
    };

/** The condition that always holds. */
export const ALWAYS: PlanNode = { kind: "constant", value: true };

/** The condition that never holds. */
export const NEVER_PLAN: PlanNode = { kind: "constant", value: false };

/**
 * Makes plans in which equal parts are one object, however many rules hold them: macros are known by identity, checks by
 * their text, and what is built of them by its parts.
 */
export class Planner {
  readonly #byTree = new Map<FilterNode, PlanNode>();
  readonly #byKey = new Map<string, PlanNode>();
  #nextId = 0;

  /** The plan of a condition without macros. */
  plan(node: FilterNode): PlanNode {
    const known = this.#byTree.get(node);
    if (known !== undefined) return known;
    const plan = this.#build(node);
    this.#byTree.set(node, plan);
    return plan;
  }

  #build(node: FilterNode): PlanNode {
    switch (node.kind) {
      case "exists":
      case "compare":
        return this.#unique(printFilter(node), (id) => ({ kind: "check", id, node }));
      case "not":
        return this.not(this.plan(node.child));
      case "and":
      case "or":
        return this.join(
          node.kind,
          node.children.map((child) => this.plan(child)),
        );
      case "macro":
        return NEVER_PLAN;
    }
  }

  /** The denial of a plan. */
  not(child: PlanNode): PlanNode {
    if (child.kind === "constant") return child.value ? NEVER_PLAN : ALWAYS;
    if (child.kind === "not") return child.child;
    return this.#unique(`!${child.id}`, (id) => ({ kind: "not", id, child }));
  }

  /** Plans joined; constants and repetitions fall out. */
  join(kind: "and" | "or", parts: readonly PlanNode[]): PlanNode {
    const ends = kind === "or";
    const children = new Set<PlanNode & { readonly id: number }>();
    for (const part of parts) {
      if (part.kind !== "constant") children.add(part);
      else if (part.value === ends) return part;
    }
    const [first, ...rest] = children;
    if (first === undefined) return ends ? NEVER_PLAN : ALWAYS;
    if (rest.length === 0) return first;
    const all = [first, ...rest];
    const key = `${kind === "and" ? "&" : "|"}${all.map(({ id }) => id).join(",")}`;
    return this.#unique(key, (id) => ({ kind, id, children: all }));
  }

  #unique(key: string, make: (id: number) => PlanNode): PlanNode {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const plan = make(this.#nextId++);
    this.#byKey.set(key, plan);
    return plan;
  }
}
