import type { RuleEvent } from "@ocelli/event";

import { constantsOf, type CompiledCheck } from "./compile-check.ts";
import type { KindRule } from "./kind-program.ts";
import { ALWAYS, type PlanNode } from "./plan.ts";
import type { Source } from "./source.ts";

/**
 * What is done for an event: a rule is tried, a part that several rules need is tried once for all of them, or the rules
 * that want one of some values of a field are found by the value.
 */
export type RuleStep<E extends RuleEvent> =
  | { readonly kind: "rule"; readonly rule: number; readonly plan: PlanNode }
  | { readonly kind: "guard"; readonly plan: PlanNode; readonly steps: readonly RuleStep<E>[] }
  | {
      readonly kind: "dispatch";
      readonly source: Source<E>;
      /** Which of the branches a value leads to. */
      readonly branchOf: ReadonlyMap<unknown, number>;
      readonly branches: readonly (readonly RuleStep<E>[])[];
    };

/** A rule with what is left to be tried of it. All parts must hold. */
interface Pending {
  readonly rule: number;
  readonly parts: readonly PlanNode[];
}

/** Fewer rules than this that want values of a field are tried one after the other. */
const FEW = 3;

/**
 * Orders the rules of a kind of event so that most of them are never looked at: those that share a part stand behind it,
 * those that want a field equal to texts are found by its value. Steps are not in the order of rules.
 */
export function buildRuleTree<E extends RuleEvent>(
  rules: readonly KindRule[],
  checks: ReadonlyMap<PlanNode, CompiledCheck<E>>,
): readonly RuleStep<E>[] {
  return build(
    rules.map(({ rule, plan }) => ({ rule, parts: plan.kind === "and" ? plan.children : [plan] })),
    checks,
  );
}

function build<E extends RuleEvent>(
  rules: readonly Pending[],
  checks: ReadonlyMap<PlanNode, CompiledCheck<E>>,
): readonly RuleStep<E>[] {
  const steps: RuleStep<E>[] = [];
  let rest = rules;
  while (rest.length > 1) {
    const guard = bestGuard(rest);
    const choice = bestChoice(rest, checks);
    if (choice !== undefined && choice.rules.length >= (guard?.rules.length ?? 0)) {
      steps.push(dispatchStep(choice, checks));
      rest = rest.filter((one) => !choice.rules.includes(one));
    } else if (guard !== undefined) {
      const { plan } = guard;
      const inside = guard.rules.map((one) => ({
        rule: one.rule,
        parts: one.parts.filter((part) => part !== plan),
      }));
      steps.push({ kind: "guard", plan, steps: build(inside, checks) });
      rest = rest.filter((one) => !guard.rules.includes(one));
    } else break;
  }
  return [...steps, ...rest.map(ruleStep)];
}

/** The part that most rules share, if any two do. */
function bestGuard(
  rules: readonly Pending[],
): { plan: PlanNode; rules: readonly Pending[] } | undefined {
  const sharing = new Map<PlanNode, Pending[]>();
  for (const rule of rules) {
    for (const part of rule.parts) {
      const known = sharing.get(part);
      if (known === undefined) sharing.set(part, [rule]);
      else known.push(rule);
    }
  }
  let best: { plan: PlanNode; rules: readonly Pending[] } | undefined;
  for (const [plan, of] of sharing)
    if (of.length > Math.max(1, best?.rules.length ?? 0)) best = { plan, rules: of };
  return best;
}

/** Rules that want one field to be one of some texts. */
interface Choice<E extends RuleEvent> {
  readonly source: Source<E>;
  readonly rules: Pending[];
  readonly parts: Map<Pending, PlanNode>;
}

function bestChoice<E extends RuleEvent>(
  rules: readonly Pending[],
  checks: ReadonlyMap<PlanNode, CompiledCheck<E>>,
): Choice<E> | undefined {
  const choices = new Map<unknown, Choice<E>>();
  for (const rule of rules) {
    for (const part of rule.parts) {
      const source = chosenSource(part, checks);
      if (source === undefined) continue;
      const known: Choice<E> = choices.get(source.read) ?? { source, rules: [], parts: new Map() };
      choices.set(source.read, known);
      if (known.parts.has(rule)) continue;
      known.rules.push(rule);
      known.parts.set(rule, part);
    }
  }
  let best: Choice<E> | undefined;
  for (const choice of choices.values())
    if (choice.rules.length >= FEW && choice.rules.length > (best?.rules.length ?? 0))
      best = choice;
  return best;
}

/** The field that a part wants to be equal to constants; undefined for every other part. */
function chosenSource<E extends RuleEvent>(
  part: PlanNode,
  checks: ReadonlyMap<PlanNode, CompiledCheck<E>>,
): Source<E> | undefined {
  if (part.kind !== "check" || part.node.kind !== "compare") return undefined;
  const { operator, modifier } = part.node;
  if (modifier !== undefined || !["=", "==", "in"].includes(operator)) return undefined;
  const source = checks.get(part)?.simple?.source;
  return source?.type === "text" && !source.list ? source : undefined;
}

function dispatchStep<E extends RuleEvent>(
  { source, rules, parts }: Choice<E>,
  checks: ReadonlyMap<PlanNode, CompiledCheck<E>>,
): RuleStep<E> {
  const wanting = new Map<string, Pending[]>();
  for (const rule of rules) {
    const part = parts.get(rule);
    if (part?.kind !== "check" || part.node.kind !== "compare") continue;
    const left = { rule: rule.rule, parts: rule.parts.filter((one) => one !== part) };
    for (const value of new Set(constantsOf(part.node.right))) {
      const known = wanting.get(value);
      if (known === undefined) wanting.set(value, [left]);
      else known.push(left);
    }
  }
  // Values that the same rules want lead to the same branch.
  const branches = new Map<string, number>();
  const steps: (readonly RuleStep<E>[])[] = [];
  const branchOf = new Map<unknown, number>();
  for (const [value, of] of wanting) {
    const key = of.map(({ rule }) => rule).join();
    let branch = branches.get(key);
    if (branch === undefined) {
      branch = steps.push(build(of, checks)) - 1;
      branches.set(key, branch);
    }
    branchOf.set(value, branch);
  }
  return { kind: "dispatch", source, branchOf, branches: steps };
}

function ruleStep({ rule, parts }: Pending): { kind: "rule"; rule: number; plan: PlanNode } {
  const [first, ...rest] = parts;
  if (first === undefined) return { kind: "rule", rule, plan: ALWAYS };
  if (rest.length === 0) return { kind: "rule", rule, plan: first };
  // No other plan is compared with this one, so its number does not matter.
  return { kind: "rule", rule, plan: { kind: "and", id: -1, children: parts } };
}
