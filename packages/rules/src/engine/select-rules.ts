import { compileGlob } from "../evaluate/compare/glob.ts";
import type { CompiledRule } from "../load/compile-rules.ts";
import { PRIORITIES, type Priority } from "../load/definitions.ts";

/** Switches rules on or off, by name (a shell pattern) or by tag: Falco's setting `rules`. */
export interface RuleSelection {
  readonly action: "enable" | "disable";
  readonly rule?: string;
  readonly tag?: string;
}

/**
 * The rules that run: those that are enabled, after selections were applied in order, and as bad as the minimum priority
 * or worse.
 */
export function selectRules(
  rules: readonly CompiledRule[],
  selections: readonly RuleSelection[] = [],
  minimumPriority: Priority = "Debug",
): CompiledRule[] {
  const limit = PRIORITIES.indexOf(minimumPriority);
  const steps = selections.map(({ action, rule, tag }) => ({
    enables: action === "enable",
    named: rule === undefined ? () => true : compileGlob(rule, false),
    tag,
  }));
  return rules.filter(({ definition }) => {
    if (PRIORITIES.indexOf(definition.priority) > limit) return false;
    let { enabled } = definition;
    for (const { enables, named, tag } of steps)
      if (named(definition.name) && (tag === undefined || definition.tags.has(tag)))
        enabled = enables;
    return enabled;
  });
}
