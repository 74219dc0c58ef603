import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import test from "node:test";

import { createCaptureProvider } from "@ocelli/capture";
import {
  createRuleEngine,
  PRIORITIES,
  type EngineOptions,
  type RuleSelection,
} from "@ocelli/rules";

import { DATA, playSample, readRows } from "./capture-rows.ts";

// Falco's regression suite: rule files, settings and a capture, with how often each rule then raised an alert.
const FILE = "falco/tests/capture_tests.ndjson";
const present = existsSync(new URL(FILE, DATA));
const skip = present ? false : "the shared rows are not here";

interface SuiteRow {
  readonly name: string;
  readonly capture: string;
  readonly rules: readonly string[];
  readonly args: readonly string[];
  readonly config?: string;
  readonly falco: { readonly alerts: Readonly<Record<string, number>>; readonly exit: number };
}

// Each row is of this shape, as the README of the rows says.
const rows = present ? (readRows(FILE) as unknown as readonly SuiteRow[]) : [];

for (const row of rows)
  test(`"${row.name}" raises Falco's alerts`, { skip: skip || uncounted(row) }, () => {
    const engine = createRuleEngine([createCaptureProvider()], optionsOf(row.args));
    const result = engine.load(
      row.rules.map((name) => ({
        name,
        text: readFileSync(new URL(`falco/tests/${name}`, DATA), "utf8"),
      })),
    );
    assert.equal(result.ok, row.falco.exit === 0);
    if (!result.ok) return;
    const alerts: Record<string, number> = {};
    playSample(row.capture, (event) => {
      for (const { rule } of engine.process(event)) alerts[rule] = (alerts[rule] ?? 0) + 1;
    });
    assert.deepEqual(alerts, row.falco.alerts);
  });

// With their own configuration Falco wrote these as plain text, in which nobody counted alerts.
function uncounted({ config, args }: SuiteRow): string | false {
  const text = config !== undefined && !args.includes("json_output=true");
  return text && "its alerts were not counted";
}

// Settings of Falco's command line as options of the engine. Those that only shape the output change no count.
function optionsOf(args: readonly string[]): EngineOptions {
  const selections: RuleSelection[] = [];
  let minimumPriority: EngineOptions["minimumPriority"];
  for (const setting of args.filter((arg) => arg !== "-o")) {
    const [key = "", value = ""] = setting.split("=");
    if (key === "priority")
      minimumPriority = PRIORITIES.find((one) => one.toLowerCase() === value.toLowerCase());
    const [, action, target] = /^rules\[\]\.(enable|disable)\.(rule|tag)$/.exec(key) ?? [];
    if (action === "enable" || action === "disable")
      selections.push({ action, [target === "tag" ? "tag" : "rule"]: value });
  }
  return { selections, ...(minimumPriority && { minimumPriority }) };
}
