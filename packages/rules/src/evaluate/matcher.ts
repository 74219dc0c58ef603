import type { FieldAccess, FieldProvider, RuleEvent } from "@ocelli/event";

import type { EventTypes } from "../check/event-types.ts";
import type { FilterNode } from "../filter/ast.ts";
import { generateProgram } from "./generate-code.ts";
import type { KindParts, KindProgram } from "./kind-program.ts";
import { linkClosures } from "./link-closures.ts";
import { NEVER_PLAN, Planner, type PlanNode } from "./plan.ts";
import { Specialiser } from "./specialise.ts";

/** A condition to be matched, and the events that it can hold for. */
export interface MatchRule {
  readonly condition: FilterNode;
  readonly eventTypes: EventTypes;
}

/** How rules are matched. */
export interface MatchOptions {
  /** Whether matching ends at the first rule that holds. Default: `first`, as Falco. */
  readonly matching?: "first" | "all";
  /**
   * How conditions are run: `generated` writes JavaScript for each kind of event, `closures` works where that is
   * forbidden. Default: `generated` where it is allowed.
   */
  readonly mode?: "generated" | "closures";
}

/** Rules ready to be asked. */
export interface Matcher<E extends RuleEvent> {
  /**
   * Writes the numbers of the rules that hold for an event to {@link Matcher.hits}, in order of definition, and gives how
   * many there are. The first event of a kind also pays for making that kind's program.
   */
  readonly match: (event: E) => number;
  /** What {@link Matcher.match} wrote last; entries beyond its result are left over. */
  readonly hits: readonly number[];
  /** The numbers of the rules that some event of a kind may fit. */
  readonly rulesOfType: (type: number) => readonly number[];
  /** What is left of the rules for a kind of event, with their checks ready. */
  readonly partsOfType: (type: number) => KindParts<E>;
}

/** Makes rules ready to be asked for events of one source. */
export function createMatcher<E extends RuleEvent>(
  rules: readonly MatchRule[],
  provider: FieldProvider<E>,
  options: MatchOptions = {},
): Matcher<E> {
  const { matching = "first", mode = canGenerate() ? "generated" : "closures" } = options;
  const planner = new Planner();
  const plans = rules.map(() => undefined as PlanNode | undefined);
  const candidates = indexRules(rules);
  const partsByType = new Map<number, KindParts<E>>();
  const programs: (KindProgram<E> | undefined)[] = [];
  const hits: number[] = [];

  const partsOfType = (type: number): KindParts<E> => {
    const known = partsByType.get(type);
    if (known !== undefined) return known;
    const specialiser = new Specialiser<E>(planner, { provider: rememberFields(provider), type });
    const kindRules = candidates(provider.nameOfType(type)).flatMap((rule) => {
      const condition = rules[rule]?.condition;
      if (condition === undefined) return [];
      const plan = specialiser.specialise((plans[rule] ??= planner.plan(condition)));
      return plan === NEVER_PLAN ? [] : [{ rule, plan }];
    });
    const parts: KindParts<E> = { rules: kindRules, checks: specialiser.checks };
    partsByType.set(type, parts);
    return parts;
  };

  const prepare = (type: number): KindProgram<E> => {
    const parts = partsOfType(type);
    let program: KindProgram<E> = () => 0;
    if (parts.rules.length > 0)
      program = mode === "generated" ? generateProgram(parts) : linkClosures(parts);
    // No holes: an array with holes is read more slowly.
    while (programs.length <= type) programs.push(undefined);
    programs[type] = program;
    return program;
  };

  return {
    hits,
    partsOfType,
    match: (event) => {
      const count = (programs[event.type] ?? prepare(event.type))(event, hits);
      return count < 2 ? count : settle(hits, count, matching);
    },
    rulesOfType: (type) => partsOfType(type).rules.map(({ rule }) => rule),
  };
}

/** Puts hits in the order of definition, and keeps the first only where that is asked. */
function settle(hits: number[], count: number, matching: "first" | "all"): number {
  const ordered = hits.slice(0, count).sort((a, b) => a - b);
  const kept = matching === "first" ? 1 : count;
  for (let index = 0; index < kept; index++) hits[index] = ordered[index] ?? 0;
  return kept;
}

/** Finds the rules whose event types have a name, in order; for a kind without a name of its own those of any name. */
function indexRules(rules: readonly MatchRule[]): (name: string | undefined) => readonly number[] {
  const named = new Map<string, number[]>();
  const broad: number[] = [];
  for (const [index, { eventTypes }] of rules.entries()) {
    if (eventTypes.complement) {
      broad.push(index);
      continue;
    }
    for (const name of eventTypes.names) {
      const list = named.get(name);
      if (list === undefined) named.set(name, [index]);
      else list.push(index);
    }
  }
  return (name) => {
    if (name === undefined) return rules.map((_rule, index) => index);
    const fitting = broad.filter((index) => rules[index]?.eventTypes.names.has(name) === false);
    return [...fitting, ...(named.get(name) ?? [])].sort((a, b) => a - b);
  };
}

/** Asks for each field once, so that every check of it reads through the same function. */
function rememberFields<E extends RuleEvent>(provider: FieldProvider<E>): FieldProvider<E> {
  const known = new Map<string, FieldAccess<E> | undefined>();
  return {
    ...provider,
    resolve: (name, argument, type) => {
      const key = JSON.stringify([name, argument]);
      if (!known.has(key)) known.set(key, provider.resolve(name, argument, type));
      return known.get(key);
    },
  };
}

/** Whether code may be made at run time here. */
function canGenerate(): boolean {
  try {
    // oxlint-disable-next-line typescript/no-implied-eval
    return (new Function("return true") as () => boolean)();
  } catch {
    return false;
  }
}
