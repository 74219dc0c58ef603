import type { RuleEvent } from "@ocelli/event";

import type { BinaryOperator } from "../filter/ast.ts";
import { constantsOf } from "./compile-check.ts";
import type { KindParts } from "./kind-program.ts";
import type { PlanNode } from "./plan.ts";
import { fieldRequest } from "./source.ts";

/** A comparison of one field with constants, as plain data. */
export interface PlainPredicate {
  readonly field: string;
  /** What stands in brackets or after `evt.arg.`. */
  readonly argument?: string;
  readonly operator: BinaryOperator | "exists";
  /** The constants as they are written; any of them for `in`, `intersects` and `pmatch`. */
  readonly values: readonly string[];
  /** Whether it must not hold. A missing value makes a comparison false and so its denial true. */
  readonly denied: boolean;
}

/**
 * Which events of a kind no rule can hold for, told without rules: those for which none of `anyOf` holds. Such a
 * predicate is one way for some rule to hold, weakened to what a filter without state can look at.
 */
export interface DiscardPlan {
  readonly type: number;
  /**
   * `always`: no rule is about the kind. `never`: some rule may hold whatever the fields say. `unless`: keep an event for
   * which all predicates of one entry of `anyOf` hold.
   */
  readonly discard: "always" | "never" | "unless";
  readonly anyOf: readonly (readonly PlainPredicate[])[];
}

/** More ways than this are not worth a filter in front. */
const MAX_WAYS = 64;

/**
 * States which events of a kind can be discarded early. `isPlain` says which fields a filter in front can look at; checks
 * of others count as held.
 */
export function planDiscard<E extends RuleEvent>(
  type: number,
  { rules }: KindParts<E>,
  isPlain: (field: string, argument: string | undefined) => boolean,
): DiscardPlan {
  if (rules.length === 0) return { type, discard: "always", anyOf: [] };
  const ways: PlainPredicate[][] = [];
  for (const { plan } of rules) {
    for (const way of waysOf(plan, isPlain)) {
      if (way.length === 0 || ways.length > MAX_WAYS) return { type, discard: "never", anyOf: [] };
      ways.push(way);
    }
  }
  const unique = new Map(ways.map((way) => [JSON.stringify(way), way]));
  return { type, discard: "unless", anyOf: [...unique.values()] };
}

/** The ways in which a plan can hold. Parts that cannot be said plainly are left out, which only keeps more events. */
function waysOf(
  plan: PlanNode,
  isPlain: (field: string, argument: string | undefined) => boolean,
): PlainPredicate[][] {
  switch (plan.kind) {
    case "constant":
      return plan.value ? [[]] : [];
    case "check":
    case "not": {
      const predicate = predicateOf(plan, isPlain);
      return predicate === undefined ? [[]] : [[predicate]];
    }
    case "and": {
      // The plain parts all hold; of parts that are choices the one with fewest ways is spelled out.
      const single: PlainPredicate[] = [];
      let choice: PlainPredicate[][] | undefined;
      for (const child of plan.children) {
        const ways = waysOf(child, isPlain);
        const [first] = ways;
        if (ways.length === 1 && first !== undefined) single.push(...first);
        else if (choice === undefined || ways.length < choice.length) choice = ways;
      }
      const all = choice ?? [[]];
      return all.map((way) => uniquePredicates([...single, ...way]));
    }
    case "or": {
      const ways = plan.children.flatMap((child) => waysOf(child, isPlain));
      return ways.length > MAX_WAYS || ways.some((way) => way.length === 0) ? [[]] : ways;
    }
  }
}

function predicateOf(
  plan: PlanNode,
  isPlain: (field: string, argument: string | undefined) => boolean,
): PlainPredicate | undefined {
  const denied = plan.kind === "not";
  const inner = denied ? plan.child : plan;
  if (inner.kind !== "check" || inner.node.left.kind !== "field") return undefined;
  const { node } = inner;
  const { name, argument } = fieldRequest(inner.node.left);
  if (!isPlain(name, argument)) return undefined;
  const values = node.kind === "exists" ? [] : constantsOf(node.right);
  if (values === undefined || (node.kind === "compare" && node.modifier !== undefined))
    return undefined;
  const operator: PlainPredicate["operator"] = node.kind === "exists" ? "exists" : node.operator;
  const base: PlainPredicate = { field: name, operator, values, denied };
  return argument === undefined ? base : { ...base, argument };
}

function uniquePredicates(predicates: readonly PlainPredicate[]): PlainPredicate[] {
  return [...new Map(predicates.map((one) => [JSON.stringify(one), one])).values()];
}
