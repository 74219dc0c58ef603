import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { gunzipSync } from "node:zlib";

import { createCaptureProvider, ScapReader } from "@ocelli/capture";
import { createRuleEngine, type Alert, type EngineOptions } from "@ocelli/rules";
import { sharedData, sharedDataMissing, sharedRows } from "@ocelli/testkit";

interface Row {
  readonly name: string;
  readonly capture: string;
  readonly rules: readonly string[];
  readonly args: readonly string[];
  readonly expect: readonly {
    readonly op: string;
    readonly count?: number;
    readonly rule?: string;
    readonly priority?: string;
  }[];
  readonly falco: {
    readonly alerts: Readonly<Record<string, number>>;
    readonly exit: number;
    readonly upstream_expectations_hold: boolean;
  };
}

const path = "falco/tests/capture_tests.ndjson";
const skip = sharedDataMissing(path);

/** Falco's settings as a test of its suite gives them. */
function optionsOf(args: readonly string[]): EngineOptions {
  const settings = new Map(args.filter((arg) => arg !== "-o").map((arg) => splitOnce(arg)));
  const disabled = settings.get("rules[].disable.rule");
  const priority = settings.get("priority");
  return {
    ...(priority === "ERROR" ? { minimumPriority: "Error" } : {}),
    ...(priority === "WARNING" ? { minimumPriority: "Warning" } : {}),
    ...(disabled === undefined ? {} : { selections: [{ action: "disable", rule: disabled }] }),
  };
}

function splitOnce(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
}

function play(row: Row): { ok: boolean; alerts: Alert[] } {
  const engine = createRuleEngine([createCaptureProvider()], optionsOf(row.args));
  const files = row.rules.map((name) => ({
    name,
    text: readFileSync(sharedData(`falco/tests/${name}`) ?? "", "utf8"),
  }));
  const { ok } = engine.load(files);
  const alerts: Alert[] = [];
  const bytes = readFileSync(sharedData(`scap/captures/${row.capture}`) ?? "");
  const reader = new ScapReader((event) => {
    alerts.push(...engine.process(event));
  });
  if (ok) reader.push(bytes[0] === 0x1f ? gunzipSync(bytes) : bytes);
  reader.end();
  return { ok, alerts };
}

function countRules(alerts: readonly Alert[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { rule } of alerts) counts[rule] = (counts[rule] ?? 0) + 1;
  return counts;
}

suite("captures raise what they raise in Falco's own test suite", { skip }, () => {
  const rows = sharedRows<Row>(path);
  for (const row of rows) {
    test(row.name, () => {
      const { ok, alerts } = play(row);
      assert.equal(ok, row.falco.exit === 0);
      // Falco's alerts are known where they were written as JSON.
      const known = row.args.includes("json_output=true") && row.falco.exit === 0;
      if (known) assert.deepEqual(countRules(alerts), row.falco.alerts);
      if (!row.falco.upstream_expectations_hold) return;
      for (const { op, count = 0, rule, priority } of row.expect) {
        const found = alerts.filter(
          (alert) =>
            (rule === undefined || alert.rule === rule) &&
            (priority === undefined ||
              alert.priority.toUpperCase().startsWith(priority.toUpperCase())),
        ).length;
        assert.ok(
          op === ">0" ? found > 0 : found === count,
          `${rule} ${priority} ${op} ${count}: ${found}`,
        );
      }
    });
  }
  test("all 68 rows were played", () => {
    assert.equal(rows.length, 68);
  });
});
