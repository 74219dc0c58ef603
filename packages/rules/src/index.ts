export {
  readAuditEvents,
  type AuditEvent,
  type Json,
  type JsonObject,
} from "./audit/audit-event.ts";
export { createAuditProvider } from "./audit/audit-provider.ts";
export { eventTypesOf, type EventTypes } from "./check/event-types.ts";
export { checkCondition } from "./check/check-condition.ts";
export type { Finding } from "./check/finding.ts";
export type {
  ArgumentListNode,
  BinaryOperator,
  CompareNode,
  ExistsNode,
  FieldNode,
  FilterNode,
  JunctionNode,
  LeftSide,
  ListNode,
  ListOperator,
  MacroNode,
  Modifier,
  NameNode,
  NotNode,
  NumberNode,
  NumberOperator,
  RightSide,
  TextNode,
  TextOperator,
  TextSpan,
  TransformerArgument,
  TransformerName,
  TransformerNode,
  ValueNode,
} from "./filter/ast.ts";
export { FILTER_DEPTH, parseFilter, RULE_DEPTH } from "./filter/parse-filter.ts";
export { placeInFilter, type Place } from "./filter/place.ts";
export { describeFilter, printFilter } from "./filter/print-filter.ts";
export {
  LIST_OPERATORS,
  MODIFIERS,
  NUMBER_OPERATORS,
  TEXT_OPERATORS,
  TRANSFORMERS,
} from "./filter/vocabulary.ts";
export { PRIORITIES, type Priority, type RuleDefinition } from "./load/definitions.ts";
export type { AppendOutput, AppendProblem } from "./engine/append-output.ts";
export { checkAppendOutput } from "./engine/append-output.ts";
export {
  createRuleEngine,
  type EngineOptions,
  type EngineStatistics,
  type RuleEngine,
  type RuleStatistics,
} from "./engine/rule-engine.ts";
export type { RuleSelection } from "./engine/select-rules.ts";
export { planDiscard, type DiscardPlan, type PlainPredicate } from "./evaluate/early-discard.ts";
export type { KindParts } from "./evaluate/kind-program.ts";
export {
  createMatcher,
  type Matcher,
  type MatchOptions,
  type MatchRule,
} from "./evaluate/matcher.ts";
export { findDeadRules, type DeadRule, type DeadRuleOptions } from "./explain/dead-rules.ts";
export {
  blockersOf,
  explainCondition,
  type ExplainedPart,
  type ExplainedValue,
} from "./explain/explain-condition.ts";
export { describeRule, type RuleDescription } from "./explain/describe-rule.ts";
export { createFieldEventProvider, readFieldEvent } from "./explain/field-event.ts";
export { formatExplanation, type ExplanationFormat } from "./explain/format-explanation.ts";
export { findNearMisses, type NearMiss } from "./explain/near-misses.ts";
export type { CompiledRule } from "./load/compile-rules.ts";
export { macroNameOf } from "./load/resolve-macros.ts";
export {
  formatRuleDiagnostic,
  type LoadErrorCode,
  type LoadWarningCode,
  type PathKind,
  type PathStep,
  type RuleDiagnostic,
} from "./load/load-diagnostic.ts";
export {
  loadRules,
  remarksOf,
  type FileResult,
  type LoadOptions,
  type LoadResult,
  type RuleFile,
} from "./load/load-rules.ts";
export { BUILT_IN_PLUGINS, ENGINE_VERSION } from "./load/requirements.ts";
export { formatAlertJson, formatAlertText, type Alert, type AlertFormat } from "./output/alert.ts";
export { compileOutput, type CompiledOutput } from "./output/compile-output.ts";
export type { JsonValue } from "./output/format-value.ts";
export {
  formatTimeIso,
  formatTimeOfDay,
  formatTimeUtc,
  type TimeZone,
} from "./output/time-text.ts";
export { judgeAlerts } from "./testing/judge-alerts.ts";
export { readRuleTests } from "./testing/read-rule-tests.ts";
export type { ExpectedAlert, RuleTest } from "./testing/rule-test.ts";
export { parseOutput, type OutputPart, type ParsedOutput } from "./output/parse-output.ts";
export { compileRegex, type RegexMatcher } from "./regex/compile-regex.ts";
export type { RegexProblem } from "./regex/regex-node.ts";
