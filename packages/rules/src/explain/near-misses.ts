import type { FieldProvider, RuleEvent } from "@ocelli/event";

import type { CompiledRule } from "../load/compile-rules.ts";
import { blockersOf, explainCondition, type ExplainedPart } from "./explain-condition.ts";

/** A rule that did not hold for an event, and what kept it from holding. */
export interface NearMiss {
  readonly rule: CompiledRule;
  readonly explanation: ExplainedPart;
  /** The checks that would have had to come out the other way. */
  readonly blockers: readonly ExplainedPart[];
}

/** The rules that came nearest to an event without holding for it: fewest blocking checks first, then by definition. */
export function findNearMisses<E extends RuleEvent>(
  rules: readonly CompiledRule[],
  provider: FieldProvider<E>,
  event: E,
  limit: number = 3,
): NearMiss[] {
  const name = provider.nameOfType(event.type);
  return rules
    .filter(({ definition, eventTypes }) => {
      if (definition.source !== provider.source) return false;
      return name === undefined || eventTypes.names.has(name) !== eventTypes.complement;
    })
    .flatMap((rule) => {
      const explanation = explainCondition(rule.condition, provider, event);
      return explanation.held ? [] : [{ rule, explanation, blockers: blockersOf(explanation) }];
    })
    .sort((a, b) => a.blockers.length - b.blockers.length)
    .slice(0, limit);
}
