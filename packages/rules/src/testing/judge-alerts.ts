import type { Alert } from "../output/alert.ts";
import type { JsonValue } from "../output/format-value.ts";
import type { ExpectedAlert, RuleTest } from "./rule-test.ts";

/** What is wrong with the alerts that a test raised: a sentence each; none when they are as expected. */
export function judgeAlerts(test: RuleTest, alerts: readonly Alert[]): string[] {
  const problems: string[] = [];
  const wanted = new Set<Alert>();
  for (const expected of test.expect) {
    const found = alerts.filter((alert) => fits(alert, expected));
    for (const alert of found) wanted.add(alert);
    const { count } = expected;
    if (count === undefined ? found.length > 0 : found.length === count) continue;
    const wish =
      count === undefined ? "at least 1 alert" : `${count} alert${count === 1 ? "" : "s"}`;
    problems.push(
      `Expected ${wish} of ${describe(expected)}: found ${found.length}${nearest(expected, alerts)}`,
    );
  }
  for (const rule of test.silent) {
    const found = alerts.filter((alert) => alert.rule === rule);
    if (found.length > 0)
      problems.push(
        `Expected silence of "${rule}": found ${found.length}, first ${tell(found[0])}`,
      );
  }
  if (!test.only) return problems;
  for (const alert of alerts)
    if (!wanted.has(alert)) problems.push(`Expected nothing else: found ${tell(alert)}`);
  return problems;
}

function fits(alert: Alert, { rule, priority, output, fields }: ExpectedAlert): boolean {
  if (rule !== undefined && alert.rule !== rule) return false;
  if (priority !== undefined && alert.priority !== priority) return false;
  if (output !== undefined && !alert.message.includes(output)) return false;
  return Object.entries(fields).every(([name, value]) => sameValue(alert.fields.get(name), value));
}

function sameValue(a: JsonValue | undefined, b: JsonValue): boolean {
  if (isListValue(a) && isListValue(b))
    return a.length === b.length && a.every((item, index) => sameValue(item, b[index] ?? null));
  // Numbers above 2^53 are bigints in alerts.
  return a === b || (typeof a === "bigint" && typeof b === "number" && a === BigInt(b));
}

function isListValue(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function describe({ rule, priority, output, fields }: ExpectedAlert): string {
  const parts = [
    rule === undefined ? "any rule" : `"${rule}"`,
    ...(priority === undefined ? [] : [`priority ${priority}`]),
    ...(output === undefined ? [] : [`output with "${output}"`]),
    ...Object.entries(fields).map(([name, value]) => `${name} = ${String(value)}`),
  ];
  return parts.join(", ");
}

/** What an alert of the same rule said instead, to see what differs. */
function nearest({ rule }: ExpectedAlert, alerts: readonly Alert[]): string {
  const same = alerts.find((alert) => alert.rule === rule);
  return same === undefined ? "" : `; the rule said: ${same.message}`;
}

function tell(alert: Alert | undefined): string {
  return alert === undefined ? "" : `"${alert.rule}": ${alert.message}`;
}
