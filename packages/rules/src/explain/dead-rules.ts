import type { FieldProvider, RuleEvent } from "@ocelli/event";

import { compileCheck } from "../evaluate/compile-check.ts";
import { fieldRequest } from "../evaluate/source.ts";
import type { CompareNode, ExistsNode, FilterNode } from "../filter/ast.ts";
import { describeFilter, describeSide } from "../filter/print-filter.ts";
import type { CompiledRule } from "../load/compile-rules.ts";
import { findContradiction, type Literal } from "./contradiction.ts";

/** A rule that can never fire, and why. */
export interface DeadRule {
  readonly rule: CompiledRule;
  readonly reason: "disabled" | "no-event" | "field" | "contradiction" | "shadowed";
  /** One sentence for a person. */
  readonly message: string;
}

/** What may be known beside the rules. */
export interface DeadRuleOptions<E extends RuleEvent> {
  /** Where events come from; without it, which fields are filled in is not looked at. */
  readonly provider?: FieldProvider<E>;
  /** Whether matching ends at the first rule, so that one with the condition of another before it never fires. */
  readonly matching?: "first" | "all";
}

/**
 * Finds rules that can never fire: switched off; about no event that is delivered; on fields that their source never
 * fills in; with a condition that contradicts itself; behind a rule with the same condition. What it does not find may
 * still be dead: only what must be so is reported.
 */
export function findDeadRules<E extends RuleEvent>(
  rules: readonly CompiledRule[],
  options: DeadRuleOptions<E> = {},
): DeadRule[] {
  const { provider, matching = "first" } = options;
  const earlier = new Map<string, CompiledRule>();
  return rules.flatMap((rule) => {
    const dead = ownReason(rule, provider);
    if (dead !== undefined) return [dead];
    const text = `${rule.definition.source} ${describeFilter(rule.condition)}`;
    const before = earlier.get(text);
    if (before === undefined) earlier.set(text, rule);
    if (before === undefined || matching === "all") return [];
    const message = `Rule "${before.definition.name}" before it has the same condition, and matching ends at the first rule`;
    return [{ rule, reason: "shadowed" as const, message }];
  });
}

function ownReason<E extends RuleEvent>(
  rule: CompiledRule,
  provider: FieldProvider<E> | undefined,
): DeadRule | undefined {
  const { definition, eventTypes, condition } = rule;
  if (!definition.enabled)
    return { rule, reason: "disabled", message: 'It is switched off: "enabled: false"' };
  const contradiction = whyNever(condition, false, []);
  if (!eventTypes.complement && eventTypes.names.size === 0) {
    const message = contradiction ?? "Its checks of evt.type leave no event";
    return { rule, reason: "no-event", message };
  }
  if (contradiction !== undefined) return { rule, reason: "contradiction", message: contradiction };
  if (provider === undefined || provider.source !== definition.source) return undefined;
  const types = provider.eventTypes.filter((type) => {
    const name = provider.nameOfType(type);
    return name === undefined || eventTypes.names.has(name) !== eventTypes.complement;
  });
  if (types.length === 0) {
    const names = [...eventTypes.names].join(", ");
    return { rule, reason: "no-event", message: `No source delivers its events: ${names}` };
  }
  const missing = whyNever(condition, false, [], (node) => missingField(node, provider, types));
  return missing === undefined ? undefined : { rule, reason: "field", message: missing };
}

/** Why a check never holds: none of the kinds of events has the field. */
function missingField<E extends RuleEvent>(
  node: ExistsNode | CompareNode,
  provider: FieldProvider<E>,
  types: readonly number[],
): string | undefined {
  if (types.some((type) => compileCheck(node, { provider, type }) !== undefined)) return undefined;
  const side = node.left.kind === "field" ? fieldRequest(node.left).name : describeSide(node.left);
  return `"${describeFilter(node)}" never holds: no event that the rule is about has ${side}`;
}

type NeverHolds = (node: ExistsNode | CompareNode) => string | undefined;

/**
 * Why a part can never hold (or, denied, must always hold) beside the checks that are known to come out one way. Looks
 * through "and", and through "or" when every way of it is impossible.
 */
function whyNever(
  node: FilterNode,
  denied: boolean,
  known: readonly Literal[],
  neverHolds?: NeverHolds,
): string | undefined {
  switch (node.kind) {
    case "macro":
      return undefined;
    case "not":
      return whyNever(node.child, !denied, known, neverHolds);
    case "exists":
    case "compare": {
      const missing = denied ? undefined : neverHolds?.(node);
      return missing ?? findContradiction([...known, { node, denied }]);
    }
    case "and":
    case "or":
      break;
  }
  // Denied, "and" becomes "or" of what is denied.
  if ((node.kind === "and") === denied) {
    let first: string | undefined;
    for (const child of node.children) {
      const reason = whyNever(child, denied, known, neverHolds);
      if (reason === undefined) return undefined;
      first ??= reason;
    }
    return first;
  }
  const all = [...known];
  for (const child of node.children) collectLiterals(child, denied, all);
  const contradiction = findContradiction(all);
  if (contradiction !== undefined) return contradiction;
  for (const child of node.children) {
    const reason = whyNever(child, denied, all, neverHolds);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Adds the checks that a part says outright. */
function collectLiterals(node: FilterNode, denied: boolean, into: Literal[]): void {
  switch (node.kind) {
    case "exists":
    case "compare":
      into.push({ node, denied });
      return;
    case "not":
      collectLiterals(node.child, !denied, into);
      return;
    case "and":
    case "or":
      if ((node.kind === "and") !== denied)
        for (const child of node.children) collectLiterals(child, denied, into);
      return;
    case "macro":
  }
}
