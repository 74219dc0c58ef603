import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import test from "node:test";

import { createCaptureProvider } from "@ocelli/capture";
import {
  compileOutput,
  createRuleEngine,
  formatAlertJson,
  parseOutput,
  type RuleFile,
} from "@ocelli/rules";

import { DATA, isComparable, playSample, readRows } from "./capture-rows.ts";

const present = existsSync(new URL("scap/summary.ndjson", DATA));
const skip = present ? false : "the shared rows are not here";
const summary = present ? readRows("scap/summary.ndjson") : [];
const RULES = ["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"];

for (const row of summary) {
  const name = String(row["capture"]);

  test(`"${name}" holds the events that Falco counts`, { skip }, () => {
    const provider = createCaptureProvider();
    const type = provider.resolve("evt.type", undefined);
    const types: Record<string, number> = {};
    const reader = playSample(name, (event) => {
      const kind = String(type?.read(event));
      types[kind] = (types[kind] ?? 0) + 1;
    });
    assert.deepEqual(types, row["types"]);
    assert.deepEqual(
      { events: reader.counts.events, diagnostics: reader.diagnostics },
      { events: row["events"], diagnostics: [] },
    );
  });

  for (const set of ["stable", "all"] as const)
    test(`"${name}" raises Falco's alerts with the ${set} rules`, { skip }, () => {
      const files = set === "stable" ? RULES.slice(0, 1) : RULES;
      assert.deepEqual(alertsOf(name, files), expectedAlerts(name, set));
    });
}

// An output of Falco's with every field, and what it gave for every n-th event.
const dump = present ? readFileSync(new URL("scap/dump-all-fields.yaml", DATA), "utf8") : "";
const dumpParts = parseOutput(/output: "(.*)"/.exec(dump)?.[1] ?? "");

for (const row of summary) {
  const name = String(row["capture"]);
  test(`fields of "${name}" read as in Falco`, { skip }, () => {
    assert.equal(dumpParts.ok, true);
    if (!dumpParts.ok) return;
    const output = compileOutput(dumpParts.parts, createCaptureProvider());
    const rows = readRows(`scap/fields/${name}.jsonl.gz`);
    const step = Number(row["field_step"]);
    const differing: string[] = [];
    let count = 0;
    let compared = 0;
    playSample(name, (event) => {
      const fields = output.fields(event);
      if (count++ % step !== 0) return;
      const expected = rows[compared++]?.["output_fields"];
      const theirs = expected as Readonly<Record<string, unknown>>;
      for (const [field, value] of fields)
        if (isComparable(field) && !isSame(field, value, theirs[field]))
          differing.push(`#${event.number} ${field}: ${show(value)} for ${show(theirs[field])}`);
    });
    assert.deepEqual(differing.slice(0, 20), []);
    assert.equal(compared, rows.length);
  });
}

function isSame(field: string, ours: unknown, theirs: unknown): boolean {
  const text = show(ours);
  if (text === show(theirs)) return true;
  // Of a call without data Falco shows its buffer of the event before.
  if (field === "evt.buffer") return ours === "" && String(theirs).startsWith("NULL");
  // For processes of the list Falco reads memory that was never written.
  return field === "proc.exe_ino.ctime_duration_proc_start" && ours === null;
}

function show(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => (typeof one === "bigint" ? `${one}n` : one));
}

function ruleFile(name: string): RuleFile {
  return { name, text: readFileSync(new URL(`falco/rules/${name}`, DATA), "utf8") };
}

function alertsOf(capture: string, files: readonly string[]): readonly unknown[] {
  const engine = createRuleEngine([createCaptureProvider()], {
    matching: "all",
    appendOutput: [{ suggestedOutput: false }],
  });
  assert.equal(engine.load(files.map(ruleFile)).ok, true);
  const alerts: string[] = [];
  playSample(capture, (event) => {
    for (const alert of engine.process(event))
      alerts.push(formatAlertJson(alert, { hostname: "peer", zone: "utc" }));
  });
  return alerts.map((line) => comparable(JSON.parse(line) as Record<string, unknown>, line));
}

function expectedAlerts(capture: string, set: string): readonly unknown[] {
  const path = `scap/alerts/${set}/${capture}.jsonl`;
  const text = readFileSync(new URL(path, DATA), "utf8").trim();
  if (text === "") return [];
  return text
    .split("\n")
    .map((line) => comparable(JSON.parse(line) as Record<string, unknown>, line));
}

// Times are above 2^53: they are compared as they are written.
function comparable(alert: Record<string, unknown>, line: string): unknown {
  return { ...alert, times: line.match(/"evt\.time":\d+/g) };
}
