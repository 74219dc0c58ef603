import { checkCondition } from "../check/check-condition.ts";
import { eventTypesOf, type EventTypes } from "../check/event-types.ts";
import type { Finding } from "../check/finding.ts";
import type { FilterNode } from "../filter/ast.ts";
import { parseFilter, RULE_DEPTH } from "../filter/parse-filter.ts";
import { placeInFilter } from "../filter/place.ts";
import { parseOutput, type OutputPart } from "../output/parse-output.ts";
import type { Collection } from "./collection.ts";
import type { RuleDefinition } from "./definitions.ts";
import { conditionWithExceptions } from "./exception-condition.ts";
import {
  expandLists,
  MAX_CONDITION_LENGTH,
  replaceLists,
  type ExpandedList,
} from "./expand-lists.ts";
import type { LoadWarningCode } from "./load-diagnostic.ts";
import { diagnosticAt, LoadProblem, type PlacePath } from "./place-path.ts";
import { resolveMacros, type MacroProblem, type ReadMacro } from "./resolve-macros.ts";

/** A rule ready to be compiled into code: its condition has no macros and no lists left. */
export interface CompiledRule {
  readonly definition: RuleDefinition;
  readonly condition: FilterNode;
  readonly output: readonly OutputPart[];
  readonly eventTypes: EventTypes;
}

const MANY_EVENT_TYPES = 50;

/** Names used somewhere, to find those that are not. */
interface Usage {
  readonly lists: Set<string>;
  readonly macros: Set<string>;
}

/**
 * Makes rules of everything that is defined; problems go to the collection's diagnostics. Every rule is tried, whatever
 * happens to the others; a macro that cannot be read ends it, as any rule may need it.
 */
export function compileRules(collection: Collection): CompiledRule[] {
  const used: Usage = { lists: new Set(), macros: new Set() };
  const before = countErrors(collection);
  const lists = expandLists(collection.lists, used.lists);
  const macros = readMacros(collection, lists, used);
  if (countErrors(collection) > before) return [];
  const rules: CompiledRule[] = [];
  for (const rule of collection.rules.values()) {
    if (!rule.sourceKnown) continue;
    attempt(collection, () => {
      const compiled = compileRule(collection, rule, lists, macros, used);
      if (compiled !== undefined) rules.push(compiled);
    });
  }
  if (countErrors(collection) === before) warnUnused(collection, used);
  return rules;
}

function readMacros(
  collection: Collection,
  lists: readonly ExpandedList[],
  used: Usage,
): Map<string, ReadMacro> {
  const macros = new Map<string, ReadMacro>();
  for (const { name, index, condition, conditionPath } of collection.macros.values()) {
    attempt(collection, () => {
      macros.set(name, {
        name,
        index,
        resolved: false,
        condition: readCondition(condition, conditionPath, lists, used),
      });
    });
  }
  for (const { name, visibility, condition, path } of collection.macros.values()) {
    const macro = macros.get(name);
    if (macro === undefined) continue;
    attempt(collection, () => {
      const resolved = resolveMacros(macro.condition, macros, visibility, used.macros, name);
      if (!resolved.ok) throw macroProblem(resolved.problem, condition, path);
      macro.condition = resolved.condition;
      macro.resolved = true;
    });
  }
  return macros;
}

function compileRule(
  collection: Collection,
  rule: RuleDefinition,
  lists: readonly ExpandedList[],
  macros: ReadonlyMap<string, ReadMacro>,
  used: Usage,
): CompiledRule | undefined {
  const text = conditionWithExceptions(rule);
  const output = readOutput(collection, rule);
  if (output === undefined) return undefined;
  const read = readCondition(text, rule.conditionPath, lists, used);
  const resolved = resolveMacros(read, macros, Number.POSITIVE_INFINITY, used.macros);
  if (!resolved.ok) throw macroProblem(resolved.problem, text, rule.path);
  const { condition } = resolved;
  const findings = checkCondition(condition, rule.source);
  if (!reportFindings(collection, rule, text, findings)) return undefined;
  const eventTypes = eventTypesOf(condition);
  const many = eventTypes.complement || eventTypes.names.size > MANY_EVENT_TYPES;
  const broad = rule.source === "syscall" && (many || eventTypes.names.size === 0);
  if (broad && rule.warnEventTypes) {
    collection.diagnostics.push(
      diagnosticAt(
        "LOAD_NO_EVTTYPE",
        "Rule matches too many evt.type values. This has a significant performance penalty.",
        rule.path,
        'Start the condition with "evt.type in (…) and", or say "warn_evttypes: false"',
      ),
    );
  }
  return { definition: rule, condition, output, eventTypes };
}

const WARNING_CODES = {
  regex: "LOAD_COMPILE_CONDITION",
  "unsafe-na": "LOAD_UNSAFE_NA_CHECK",
  deprecated: "LOAD_DEPRECATED_ITEM",
  unknown: "LOAD_UNKNOWN_FILTER",
  type: "LOAD_COMPILE_CONDITION",
  value: "LOAD_COMPILE_CONDITION",
} as const satisfies Record<Finding["kind"], LoadWarningCode>;

/** Says whether the rule goes on: findings of unknown things skip a rule that asks for it, other errors end it. */
function reportFindings(
  collection: Collection,
  rule: RuleDefinition,
  text: string,
  findings: readonly Finding[],
): boolean {
  const errors = findings.filter(({ severity }) => severity === "error");
  for (const finding of findings) {
    const { severity, kind, message, hint } = finding;
    if (severity === "error") continue;
    const code = WARNING_CODES[kind];
    // Falco points at the start of the condition but for patterns.
    const at = inCondition(
      rule.conditionPath,
      text,
      kind === "regex" ? finding.span.offset : undefined,
    );
    collection.diagnostics.push(diagnosticAt(code, message, at, hint));
  }
  const [first] = errors;
  if (first === undefined) return true;
  const skip = rule.skipIfUnknownFilter && first.kind === "unknown";
  for (const { span, message, hint } of skip ? [first] : errors) {
    const at = inCondition(rule.conditionPath, text, span.offset);
    const code = skip ? "LOAD_UNKNOWN_FILTER" : "LOAD_ERR_COMPILE_CONDITION";
    collection.diagnostics.push(diagnosticAt(code, message, at, hint));
  }
  return false;
}

function readOutput(
  collection: Collection,
  rule: RuleDefinition,
): readonly OutputPart[] | undefined {
  let { output } = rule;
  if (output.includes("%container.info")) {
    output = output.replaceAll("%container.info", "");
    collection.diagnostics.push(
      diagnosticAt(
        "LOAD_DEPRECATED_ITEM",
        "%container.info is deprecated and no more useful, and will be dropped by Falco 1.0.0. The container plugin will automatically add required fields to the output message.",
        rule.path,
        "Remove it, or name the fields: %container.id %container.name",
      ),
    );
  }
  const parsed = parseOutput(output, rule.source);
  if (!parsed.ok) {
    if (!rule.skipIfUnknownFilter || !parsed.unknown)
      throw new LoadProblem(
        "LOAD_ERR_COMPILE_OUTPUT",
        parsed.message,
        rule.outputPath,
        parsed.hint,
      );
    collection.diagnostics.push(
      diagnosticAt("LOAD_UNKNOWN_FILTER", parsed.message, rule.outputPath, parsed.hint),
    );
    return undefined;
  }
  if (output.includes("evt.dir")) {
    collection.diagnostics.push(
      diagnosticAt(
        "LOAD_DEPRECATED_ITEM",
        "usage of deprecated field 'evt.dir' has been detected in the rule output",
        rule.outputPath,
        "Remove it: every event is the end of a call",
      ),
    );
  }
  return parsed.parts;
}

function readCondition(
  condition: string,
  path: PlacePath,
  lists: readonly ExpandedList[],
  used: Usage,
): FilterNode {
  const text = replaceLists(condition, lists, used.lists);
  if (text === undefined) {
    throw new LoadProblem(
      "LOAD_ERR_COMPILE_CONDITION",
      `Cannot replace the lists: the condition grows beyond ${MAX_CONDITION_LENGTH} characters`,
      path,
      "Refer to fewer lists, or split the rule",
    );
  }
  const result = parseFilter(text, RULE_DEPTH);
  if (result.ok) return result.value;
  const [problem] = result.diagnostics;
  throw new LoadProblem(
    "LOAD_ERR_COMPILE_CONDITION",
    problem?.message ?? "",
    inCondition(path, text, problem?.span.offset ?? 0),
    problem?.hint ?? "",
  );
}

/** The road to a place in a condition; without offset to the condition's start. */
function inCondition(path: PlacePath, text: string, offset: number | undefined): PlacePath {
  const place =
    offset === undefined ? { offset: 0, line: 0, column: 0 } : placeInFilter(text, offset);
  return {
    source: path.source,
    kind: "condition expression",
    name: "",
    offset: path.offset,
    parent: path,
    expression: { text, ...place },
  };
}

function macroProblem(
  { node, message, hint }: MacroProblem,
  text: string,
  path: PlacePath,
): LoadProblem {
  return new LoadProblem(
    "LOAD_ERR_VALIDATE",
    message,
    inCondition(path, text, node.span.offset),
    hint,
  );
}

function attempt(collection: Collection, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof LoadProblem)) throw error;
    collection.diagnostics.push(diagnosticAt(error.code, error.message, error.path, error.hint));
  }
}

function warnUnused(collection: Collection, used: Usage): void {
  for (const { name, path } of collection.macros.values()) {
    if (used.macros.has(name)) continue;
    const message = "Macro not referred to by any other rule/macro";
    collection.diagnostics.push(
      diagnosticAt("LOAD_UNUSED_MACRO", message, path, "Remove it, or use it"),
    );
  }
  for (const { name, path } of collection.lists.values()) {
    if (used.lists.has(name)) continue;
    const message = "List not referred to by any other rule/macro";
    collection.diagnostics.push(
      diagnosticAt("LOAD_UNUSED_LIST", message, path, "Remove it, or use it"),
    );
  }
}

function countErrors(collection: Collection): number {
  return collection.diagnostics.filter(({ severity }) => severity === "error").length;
}
