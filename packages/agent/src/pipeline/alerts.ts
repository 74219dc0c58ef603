import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { FieldProvider } from "@ocelli/event";
import {
  createRuleEngine,
  formatRuleDiagnostic,
  remarksOf,
  type Alert,
  type RuleEngine,
  type RuleFile,
} from "@ocelli/rules";
import { commandLine, parentOf, type Process, type SensorEvent } from "@ocelli/sensor";

import type { Config } from "../config/config.ts";

/** An alert as it is kept and sent. */
export interface AlertSummary {
  readonly number: number;
  readonly rule: string;
  readonly priority: string;
  readonly tags: readonly string[];
  /** Nanoseconds since 1970, in decimal digits. */
  readonly timeNs: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly eventNumber: number;
  readonly eventType: string;
  /** The process and its ancestors at that moment, the process first. */
  readonly ancestry: readonly AncestrySummary[];
}

/** One process of an alert's tree. */
export interface AncestrySummary {
  readonly pid: number;
  readonly name: string;
  readonly commandLine: string;
  readonly exePath: string;
}

/** A rule at work, as the page shows it. */
export interface RuleSummary {
  readonly name: string;
  readonly priority: string;
  readonly description: string;
  readonly condition: string;
  readonly tags: readonly string[];
  readonly alerts: number;
}

const BUILT_IN = "ocelli_rules.yaml";
const MOST_ANCESTRY = 16;

/** Rules at work, and the problems of the files that they came from. */
export interface Alerts {
  readonly process: (event: SensorEvent) => readonly AlertSummary[];
  readonly rules: () => RuleSummary[];
  readonly total: () => number;
  readonly problems: readonly string[];
}

/** Puts the rules of a configuration to work. A file that cannot be read or has errors is told in `problems`. */
export function startAlerts(config: Config, provider: FieldProvider<SensorEvent>): Alerts {
  const engine = createRuleEngine<SensorEvent>([provider], {
    // The page and the JSON form show the container beside every alert anyway.
    appendOutput: [{ suggestedOutput: false }],
  });
  const problems: string[] = [];
  const files: RuleFile[] = [];
  const builtIn = join(import.meta.dirname, "../../rules", BUILT_IN);
  for (const path of [...(config.rules.builtIn ? [builtIn] : []), ...config.rules.files]) {
    try {
      files.push({ name: path === builtIn ? BUILT_IN : path, text: readFileSync(path, "utf8") });
    } catch (error) {
      problems.push(
        `Cannot read the rules "${path}": ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  const loaded = engine.load(files);
  for (const remark of remarksOf(loaded))
    if (remark.severity === "error") problems.push(formatRuleDiagnostic(remark));
  let total = 0;
  return {
    problems,
    total: () => total,
    rules: () => rulesOf(engine),
    process(event) {
      const alerts = engine.process(event);
      return alerts.length === 0
        ? NONE
        : alerts.map((alert) => {
            total += 1;
            return summaryOf(alert, event, total);
          });
    },
  };
}

const NONE: readonly AlertSummary[] = [];

function rulesOf(engine: RuleEngine<SensorEvent>): RuleSummary[] {
  const counts = new Map(engine.statistics().rules.map(({ rule, alerts }) => [rule, alerts]));
  return engine.rules().map(({ definition }) => ({
    name: definition.name,
    priority: definition.priority,
    description: definition.description.trim(),
    condition: definition.condition.trim(),
    tags: [...definition.tags],
    alerts: counts.get(definition.name) ?? 0,
  }));
}

function summaryOf(alert: Alert, event: SensorEvent, number: number): AlertSummary {
  return {
    number,
    rule: alert.rule,
    priority: alert.priority,
    tags: alert.tags,
    timeNs: String(alert.timeNs),
    message: alert.message,
    fields: Object.fromEntries(
      [...alert.fields].map(([name, value]) => [name, String(value ?? "<NA>")]),
    ),
    eventNumber: alert.eventNumber,
    eventType: event.name,
    ancestry: ancestryOf(event.process),
  };
}

function ancestryOf(process: Process): AncestrySummary[] {
  const found: AncestrySummary[] = [];
  for (
    let one: Process | undefined = process;
    one !== undefined && found.length < MOST_ANCESTRY;
    one = parentOf(one)
  )
    found.push({
      pid: one.pid,
      name: one.name,
      commandLine: commandLine(one),
      exePath: one.exePath,
    });
  return found;
}
