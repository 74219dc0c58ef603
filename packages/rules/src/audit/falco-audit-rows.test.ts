import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { sharedData, sharedDataMissing, sharedRows } from "@ocelli/testkit";

import { createRuleEngine } from "../engine/rule-engine.ts";
import { parsePriority } from "../load/definitions.ts";
import { remarksOf } from "../load/load-rules.ts";
import { readAuditEvents } from "./audit-event.ts";
import { createAuditProvider } from "./audit-provider.ts";

interface Row {
  readonly name: string;
  readonly rules: readonly string[];
  readonly sample: string;
  readonly expect: readonly {
    readonly op: string;
    readonly count?: number;
    readonly rule?: string;
    readonly priority?: string;
  }[];
}

const path = "falco/tests/k8s_audit_tests.ndjson";
const skip = sharedDataMissing(path);
const read = (name: string): string =>
  readFileSync(sharedData(`falco/tests/${name}`) ?? "", "utf8");

test("audit events raise what Falco's own test suite states", { skip }, async (t) => {
  const rows = sharedRows<Row>(path);
  assert.equal(rows.length, 30);
  for (const row of rows) {
    await t.test(row.name, () => {
      const engine = createRuleEngine([createAuditProvider()]);
      const loaded = engine.load(row.rules.map((name) => ({ name, text: read(`rules/${name}`) })));
      assert.deepEqual(
        remarksOf(loaded).filter(({ severity }) => severity === "error"),
        [],
      );
      const events = readAuditEvents(read(`k8s-audit/${row.sample}`).trim());
      if (row.sample === "fal_01_003.json") assert.equal(events.ok, false);
      else assert.ok(events.ok, row.sample);
      const alerts = events.ok ? events.value.flatMap((event) => engine.process(event)) : [];
      for (const { op, count = 0, rule, priority } of row.expect) {
        const found = alerts.filter(
          (alert) =>
            (rule === undefined || alert.rule === rule) &&
            (priority === undefined || alert.priority === parsePriority(priority)),
        ).length;
        const told = `${rule ?? priority ?? "any"} ${op} ${count}: ${alerts.map((alert) => alert.rule).join()}`;
        assert.ok(op === ">0" ? found > 0 : found === count, told);
      }
    });
  }
});
