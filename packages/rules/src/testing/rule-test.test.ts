import assert from "node:assert/strict";
import { test } from "node:test";

import type { Alert } from "../output/alert.ts";
import { judgeAlerts } from "./judge-alerts.ts";
import { readRuleTests } from "./read-rule-tests.ts";

const TESTS = `
- test: Reading shadow
  rules: falco_rules.yaml
  capture: shadow.scap
  matching: all
  expect:
    - rule: Read sensitive file
      priority: warning
      output: /etc/shadow
      fields: {proc.name: cat, proc.tty: 0, "proc.aname[2]": null}
      count: 2
  silent: [Other]
  only: true
- test: Events
  rules: [a.yaml, b.yaml]
  events:
    - {evt.type: openat, fd.name: /etc/shadow}
`;

function alert(rule: string, name: string): Alert {
  return {
    rule,
    priority: "Warning",
    source: "syscall",
    tags: [],
    timeNs: 0n,
    eventNumber: 1,
    message: `file=/etc/shadow name=${name}`,
    fields: new Map<string, string | number | null>([
      ["proc.name", name],
      ["proc.tty", 0],
      ["proc.aname[2]", null],
    ]),
  };
}

test("readRuleTests() reads captures, events and what is expected", () => {
  assert.deepEqual(readRuleTests(TESTS), {
    ok: true,
    value: [
      {
        name: "Reading shadow",
        rules: ["falco_rules.yaml"],
        capture: "shadow.scap",
        events: [],
        matching: "all",
        expect: [
          {
            rule: "Read sensitive file",
            priority: "Warning",
            output: "/etc/shadow",
            fields: { "proc.name": "cat", "proc.tty": 0, "proc.aname[2]": null },
            count: 2,
          },
        ],
        silent: ["Other"],
        only: true,
      },
      {
        name: "Events",
        rules: ["a.yaml", "b.yaml"],
        events: ['{"evt.type":"openat","fd.name":"/etc/shadow"}'],
        matching: "first",
        expect: [],
        silent: [],
        only: false,
      },
    ],
    diagnostics: [],
  });
});

test("readRuleTests() names the place of every mistake", () => {
  const read = readRuleTests(`- rules: []
  capture: a
  events: [{}]
  expct: 1
- test: t
  rules: [r]
  capture: c
  matching: some
  only: 5
  silent: {a: b}
  expect:
    - priority: bad
      count: -1
      fields: 5
    - 7
`);
  assert.equal(read.ok, false);
  assert.deepEqual(
    read.diagnostics.map(({ message, hint }) => `${message}. ${hint}`),
    [
      'line 4, column 10: A test has no key "expct". Use test, rules, capture, events, matching, expect, silent, only',
      'line 1, column 3: The test has no name. Add "test: NAME"',
      'line 1, column 3: The test names no rules. Add "rules: [FILE, …]"',
      'line 1, column 3: The test must have either a capture or events. Add "capture: FILE.scap", or "events:" with a mapping of fields for each',
      'line 8, column 13: The value is neither first nor all. Write "matching: all"',
      'line 12, column 17: There is no priority "bad". Use WARNING, NOTICE, …',
      'line 13, column 14: The count is no whole number. Write "count: 2"',
      'line 14, column 15: The fields are no mapping. Write "fields: {proc.name: cat}"',
      "line 15, column 7: An expected alert must be a mapping. Write rule, priority, output, fields, count, each with a colon",
      'line 10, column 11: The value is no sequence. Write "[a, b]", or one "- a" a line',
      'line 9, column 9: The value is neither true nor false. Write "true" or "false"',
    ],
  );
  const refusal = (text: string): string | undefined => {
    const refused = readRuleTests(text);
    return refused.ok ? undefined : refused.diagnostics[0]?.message.split(":")[0];
  };
  const bomb = `- &a [x, x]\n${"bcdefgh".replace(/./g, (name) => `- &${name} [*${String.fromCharCode(name.charCodeAt(0) - 1)}, *a, *a, *a]\n`)}`;
  assert.deepEqual(["- test: [", "- *nobody", bomb, "5", ""].map(refusal), [
    "line 1, column 10",
    "line 1, column 1",
    "line 1, column 1",
    "line 1, column 1",
    undefined,
  ]);
});

test("judgeAlerts() says what is missing, what spoke and what is too much", () => {
  const read = readRuleTests(TESTS);
  assert.ok(read.ok);
  const [first] = read.value;
  assert.ok(first);
  const right = alert("Read sensitive file", "cat");
  assert.deepEqual(judgeAlerts(first, [right, right]), []);
  assert.deepEqual(
    judgeAlerts(first, [right, alert("Other", "x"), alert("Read sensitive file", "dd")]),
    [
      'Expected 2 alerts of "Read sensitive file", priority Warning, output with "/etc/shadow", proc.name = cat, proc.tty = 0, proc.aname[2] = null: found 1; the rule said: file=/etc/shadow name=cat',
      'Expected silence of "Other": found 1, first "Other": file=/etc/shadow name=x',
      'Expected nothing else: found "Other": file=/etc/shadow name=x',
      'Expected nothing else: found "Read sensitive file": file=/etc/shadow name=dd',
    ],
  );
  assert.deepEqual(judgeAlerts(first, []), [
    'Expected 2 alerts of "Read sensitive file", priority Warning, output with "/etc/shadow", proc.name = cat, proc.tty = 0, proc.aname[2] = null: found 0',
  ]);
});
