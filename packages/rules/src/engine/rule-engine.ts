import type { FieldProvider, RuleEvent } from "@ocelli/event";

import { createMatcher, type Matcher, type MatchOptions } from "../evaluate/matcher.ts";
import type { CompiledRule } from "../load/compile-rules.ts";
import type { Priority } from "../load/definitions.ts";
import { loadRules, type LoadResult, type RuleFile } from "../load/load-rules.ts";
import type { Alert } from "../output/alert.ts";
import { compileOutput, type CompiledOutput } from "../output/compile-output.ts";
import {
  appendedParts,
  extraFieldsOf,
  type AppendOutput,
  type ExtraField,
} from "./append-output.ts";
import { selectRules, type RuleSelection } from "./select-rules.ts";

/** How an engine works. */
export interface EngineOptions extends MatchOptions {
  /** Rules that are less bad do not run. Default: `Debug`, so that all do. */
  readonly minimumPriority?: Priority;
  /** Rules to switch on or off, in order. */
  readonly selections?: readonly RuleSelection[];
  /** What is added to outputs. Default: what plugins suggest, to all rules, as Falco does. */
  readonly appendOutput?: readonly AppendOutput[];
  /** Constants among the fields of every alert. */
  readonly staticFields?: Readonly<Record<string, string>>;
}

/** How often a rule held. */
export interface RuleStatistics {
  readonly rule: string;
  readonly alerts: number;
}

/** What an engine has seen since it was made; a reload keeps the counts of rules that stay. */
export interface EngineStatistics {
  readonly events: number;
  readonly alerts: number;
  /** One for each rule that runs, in order of definition. */
  readonly rules: readonly RuleStatistics[];
}

/** Rules at work. */
export interface RuleEngine<E extends RuleEvent> {
  /**
   * Reads rule files and puts their rules to work in place of those that are. When a file has an error nothing changes:
   * the old rules go on, and the result says why.
   */
  readonly load: (files: readonly RuleFile[]) => LoadResult;
  /**
   * The alerts that an event raises, in order of definition; mostly none. Everything is read from the event before this
   * returns, so that its source may use the object again.
   */
  readonly process: (event: E) => readonly Alert[];
  readonly statistics: () => EngineStatistics;
  /** The rules that run, in order of definition. */
  readonly rules: () => readonly CompiledRule[];
  /** How the rules of a source are matched; undefined for a source that the engine does not know. */
  readonly matcher: (source: string) => Matcher<E> | undefined;
}

const NO_ALERTS: readonly Alert[] = [];

/** Everything that a load makes, replaced as a whole. */
interface Generation<E extends RuleEvent> {
  readonly rules: readonly CompiledRule[];
  readonly bySource: ReadonlyMap<string, SourceRules<E>>;
}

/** The rules of one source. */
interface SourceRules<E extends RuleEvent> {
  readonly matcher: Matcher<E>;
  readonly writers: readonly AlertWriter<E>[];
  readonly counts: number[];
  readonly rules: readonly CompiledRule[];
}

/**
 * Makes an engine for events of one or more sources; it has no rules until some are loaded. Each provider reads the
 * events of its source.
 */
export function createRuleEngine<E extends RuleEvent>(
  providers: readonly FieldProvider<E>[],
  options: EngineOptions = {},
): RuleEngine<E> {
  const sources = providers.map(({ source }) => source);
  let generation: Generation<E> = { rules: [], bySource: new Map() };
  let events = 0;
  let alerts = 0;
  // Most events come from the source of the one before.
  let lastSource = "";
  let current: SourceRules<E> | undefined;

  const process = (event: E): readonly Alert[] => {
    events++;
    if (event.source !== lastSource) {
      lastSource = event.source;
      current = generation.bySource.get(lastSource);
    }
    if (current === undefined) return NO_ALERTS;
    const count = current.matcher.match(event);
    if (count === 0) return NO_ALERTS;
    alerts += count;
    return raise(current, event, count);
  };

  return {
    process,
    load: (files) => {
      const result = loadRules(files, { sources });
      if (!result.ok) return result;
      generation = makeGeneration(result.rules, providers, options, generation);
      current = generation.bySource.get(lastSource);
      return result;
    },
    rules: () => generation.rules,
    matcher: (source) => generation.bySource.get(source)?.matcher,
    statistics: () => ({ events, alerts, rules: statisticsOf(generation) }),
  };
}

function raise<E extends RuleEvent>(
  { matcher, writers, counts }: SourceRules<E>,
  event: E,
  count: number,
): readonly Alert[] {
  const raised: Alert[] = [];
  for (let index = 0; index < count; index++) {
    const rule = matcher.hits[index] ?? 0;
    counts[rule] = (counts[rule] ?? 0) + 1;
    const write = writers[rule];
    if (write !== undefined) raised.push(write(event));
  }
  return raised;
}

function makeGeneration<E extends RuleEvent>(
  loaded: readonly CompiledRule[],
  providers: readonly FieldProvider<E>[],
  options: EngineOptions,
  before: Generation<E>,
): Generation<E> {
  const rules = selectRules(loaded, options.selections, options.minimumPriority);
  const bySource = new Map<string, SourceRules<E>>();
  const counted = new Map(statisticsOf(before).map(({ rule, alerts }) => [rule, alerts]));
  for (const provider of providers) {
    const own = rules.filter(({ definition }) => definition.source === provider.source);
    bySource.set(provider.source, {
      matcher: createMatcher(own, provider, options),
      writers: own.map((rule) => alertWriter(rule, provider, options)),
      counts: own.map(({ definition }) => counted.get(definition.name) ?? 0),
      rules: own,
    });
  }
  return { rules, bySource };
}

function statisticsOf<E extends RuleEvent>({ rules, bySource }: Generation<E>): RuleStatistics[] {
  const counts = new Map<CompiledRule, number>();
  for (const source of bySource.values())
    for (const [index, rule] of source.rules.entries()) counts.set(rule, source.counts[index] ?? 0);
  return rules.map((rule) => ({
    rule: rule.definition.name,
    alerts: counts.get(rule) ?? 0,
  }));
}

type AlertWriter<E extends RuleEvent> = (event: E) => Alert;

/** Outputs are made ready for the first alert of a rule: most rules never raise one. */
function alertWriter<E extends RuleEvent>(
  rule: CompiledRule,
  provider: FieldProvider<E>,
  { appendOutput = [{ suggestedOutput: true }], staticFields = {} }: EngineOptions,
): AlertWriter<E> {
  const { definition } = rule;
  const tags = [...definition.tags].sort();
  const constants = Object.entries(staticFields);
  let output: CompiledOutput<E> | undefined;
  let extra: readonly ExtraField<E>[] = [];
  return (event) => {
    if (output === undefined) {
      output = compileOutput(appendedParts(rule.output, definition, appendOutput), provider);
      extra = extraFieldsOf(definition, appendOutput, provider);
    }
    const fields = new Map(output.fields(event));
    for (const { name, read } of extra) fields.set(name, read(event));
    for (const [name, value] of constants) fields.set(name, value);
    return {
      rule: definition.name,
      priority: definition.priority,
      source: event.source,
      tags,
      timeNs: event.timeNs,
      eventNumber: event.number,
      message: output.text(event),
      fields,
    };
  };
}
