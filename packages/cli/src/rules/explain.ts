import {
  createFieldEventProvider,
  describeRule,
  explainCondition,
  findDeadRules,
  findNearMisses,
  formatExplanation,
  readFieldEvent,
  type CompiledRule,
  type ExplainedPart,
} from "@ocelli/rules";

import type { CliContext } from "../context.ts";
import { RefusedError } from "../exit.ts";
import { readInput } from "../input.ts";
import { loadRulesOf } from "./load.ts";

/** Flags of `ocelli rules explain`. */
export interface ExplainFlags {
  readonly rule?: string;
  readonly event?: string;
  readonly all: boolean;
  readonly json: boolean;
}

/** `ocelli rules explain`. */
export async function explain(
  context: CliContext,
  flags: ExplainFlags,
  ...paths: readonly string[]
): Promise<void> {
  const { rules } = await loadRulesOf(paths);
  const chosen = flags.rule === undefined ? rules : [findRule(rules, flags.rule)];
  const report =
    flags.event === undefined
      ? flags.rule === undefined
        ? coverageReport(rules)
        : conditionReport(rules, chosen)
      : eventReport(chosen, await readEvent(flags.event), flags);
  const text = flags.json ? JSON.stringify(report.data, null, 2) : report.lines.join("\n");
  context.process.stdout.write(`${text}\n`);
}

/** The same report for a person and for a program. */
interface Report {
  readonly data: unknown;
  readonly lines: readonly string[];
}

function findRule(rules: readonly CompiledRule[], name: string): CompiledRule {
  const found = rules.find(({ definition }) => definition.name === name);
  if (found !== undefined) return found;
  throw new RefusedError(
    `Cannot explain ${JSON.stringify(name)}: no rule has that name; "ocelli rules list" lists them`,
  );
}

function coverageReport(rules: readonly CompiledRule[]): Report {
  const dead = findDeadRules(rules).map(({ rule, reason, message }) => ({
    rule: rule.definition.name,
    reason,
    message,
  }));
  const alive = rules.length - dead.length;
  return {
    data: { rules: rules.length, dead },
    lines: [
      `${alive} of ${rules.length} rules can fire.`,
      ...dead.map(({ rule, message }) => `${rule}\n  ${message}`),
    ],
  };
}

function conditionReport(rules: readonly CompiledRule[], chosen: readonly CompiledRule[]): Report {
  const dead = findDeadRules(rules).filter(({ rule }) => chosen.includes(rule));
  return {
    data: chosen.map((rule) => ({ ...describeRule(rule), dead: dead[0]?.message ?? null })),
    lines: chosen.flatMap((rule) => {
      const { events, parts } = describeRule(rule);
      return [
        rule.definition.name,
        `  ${rule.definition.description.trim()}`,
        `events: ${events === "all" ? "all" : events.join(" ")}`,
        ...dead.map(({ message }) => `can never fire: ${message}`),
        ...parts,
      ];
    }),
  };
}

async function readEvent(
  path: string,
): Promise<Parameters<typeof explainCondition<FieldEvent>>[2]> {
  const read = readFieldEvent(new TextDecoder().decode(await readInput(path)));
  if (read.ok) return read.value;
  const [problem] = read.diagnostics;
  throw new RefusedError(`${problem?.message ?? ""}. ${problem?.hint ?? ""}`);
}

type FieldEvent = Extract<ReturnType<typeof readFieldEvent>, { ok: true }>["value"];

function eventReport(
  rules: readonly CompiledRule[],
  event: FieldEvent,
  { all, rule }: ExplainFlags,
): Report {
  const provider = createFieldEventProvider();
  const explained = rules
    .filter(({ definition }) => definition.source === "syscall")
    .map((one) => ({
      name: one.definition.name,
      explanation: explainCondition(one.condition, provider, event),
    }));
  const fired = explained.filter(({ explanation }) => explanation.held);
  const misses = findNearMisses(rules, provider, event, rule === undefined ? 3 : 1);
  const show = (explanation: ExplainedPart): string[] =>
    formatExplanation(explanation, { everything: all }).map((line) => `  ${line}`);
  return {
    data: {
      fired: fired.map(({ name, explanation }) => ({ rule: name, explanation })),
      nearMisses: misses.map((miss) => ({
        rule: miss.rule.definition.name,
        blockers: miss.blockers,
        explanation: miss.explanation,
      })),
    },
    lines: [
      ...fired.flatMap(({ name, explanation }) => [`HOLDS ${name}`, ...show(explanation)]),
      ...misses.flatMap((miss) => [
        `MISSES ${miss.rule.definition.name}: ${countChecks(miss.blockers.length)} would have to come out the other way`,
        ...(all ? show(miss.explanation) : miss.blockers.flatMap(show)),
      ]),
      ...(fired.length + misses.length === 0 ? ["No rule is about this event."] : []),
    ],
  };
}

function countChecks(number: number): string {
  return number === 1 ? "1 check" : `${number} checks`;
}
