import assert from "node:assert/strict";
import { test } from "node:test";

import { createMemoryProvider, type MemoryEvent } from "@ocelli/event";

import { loadRules } from "../load/load-rules.ts";
import type { CompiledRule } from "../load/compile-rules.ts";
import { findDeadRules } from "./dead-rules.ts";
import { blockersOf, explainCondition } from "./explain-condition.ts";
import { formatExplanation } from "./format-explanation.ts";
import { findNearMisses } from "./near-misses.ts";

const provider = createMemoryProvider(["", "openat", "", "execve"]);

function rulesOf(text: string): readonly CompiledRule[] {
  const result = loadRules([{ name: "rules.yaml", text }]);
  assert.deepEqual(
    result.files.flatMap(({ diagnostics }) =>
      diagnostics.filter(({ severity }) => severity === "error"),
    ),
    [],
  );
  return result.rules;
}

function rule(name: string, condition: string, more: string = ""): string {
  return `- rule: ${name}\n  desc: d\n  condition: >\n    ${condition}\n  output: o\n  priority: INFO\n${more}`;
}

const SHELLS = `
- list: shells
  items: [bash, sh]
- macro: shell_procs
  condition: proc.name in (shells)
- macro: container
  condition: container.id != host
${rule("Shell in container", "evt.type = execve and shell_procs and container and not (proc.pname = cron or user.uid = val(proc.tty))")}
${rule("Secret read", "evt.type = openat and fd.name startswith /etc")}
`;

const EVENT: MemoryEvent = {
  type: 3,
  source: "syscall",
  number: 1,
  timeNs: 1n,
  fields: { "proc.name": "zsh", "container.id": "host", "user.uid": 0, "proc.tty": 0 },
};

test("explainCondition() tells what held, with values, and formatExplanation() writes what matters", () => {
  const [shell] = rulesOf(SHELLS);
  assert.ok(shell);
  const explained = explainCondition(shell.condition, provider, EVENT);
  assert.deepEqual(formatExplanation(explained), [
    "- all of",
    '  - shell_procs: proc.name in (bash, sh)  (proc.name is "zsh")',
    '  - container: container.id != host  (container.id is "host")',
    "  - not",
    "    + any of",
    "      + user.uid = val(proc.tty)  (user.uid is 0, proc.tty is 0)",
  ]);
  assert.deepEqual(formatExplanation(explained, { everything: true, width: 60 }), [
    "- all of",
    '  + evt.type = execve  (evt.type is "execve")',
    '  - shell_procs: proc.name in (bash, sh)  (proc.name is "zs…',
    '  - container: container.id != host  (container.id is "host…',
    "  - not",
    "    + any of",
    "      - proc.pname = cron  (proc.pname is missing)",
    "      + user.uid = val(proc.tty)  (user.uid is 0, proc.tty …",
  ]);
  assert.deepEqual(
    blockersOf(explained).map(({ text }) => text),
    ["proc.name in (bash, sh)", "container.id != host", "user.uid = val(proc.tty)"],
  );
});

test("findNearMisses() puts the rules first that fewest checks kept from holding", () => {
  const rules = rulesOf(
    `${SHELLS}${rule("Almost", "evt.type = execve and user.uid = 0 and proc.name = sh")}`,
  );
  const misses = findNearMisses(rules, provider, EVENT);
  assert.deepEqual(
    misses.map((miss) => [miss.rule.definition.name, miss.blockers.map(({ text }) => text)]),
    [
      ["Almost", ["proc.name = sh"]],
      [
        "Shell in container",
        ["proc.name in (bash, sh)", "container.id != host", "user.uid = val(proc.tty)"],
      ],
    ],
  );
});

test("findDeadRules() finds rules that can never fire, and says why", () => {
  const rules = rulesOf(
    [
      "- list: nothing\n  items: []",
      rule("fine", "evt.type = openat and fd.name = a or evt.type = execve"),
      rule("off", "evt.type = openat", "  enabled: false\n"),
      rule("two types", "evt.type = openat and evt.type = execve"),
      rule(
        "two names",
        "evt.type = openat and proc.name = a and (proc.name = b or proc.name in (c, d))",
      ),
      rule(
        "a prefix",
        "evt.type = openat and fd.name in (/etc/a, /etc/b) and not fd.name startswith /etc",
      ),
      rule("a range", "evt.type = openat and proc.pid > 5 and proc.pid < 3"),
      rule("no number", "evt.type = openat and proc.pid > 5 and proc.pid < 6"),
      rule("denied", "evt.type = openat and proc.name = a and not (proc.name = a or user.uid = 0)"),
      rule("missing", "evt.type = openat and not proc.name exists and proc.name startswith a"),
      rule("empty", "evt.type = openat and proc.name in (nothing)"),
      rule("never", "evt.type = openat and (evt.num = 0)"),
      rule("addresses", "evt.type = openat and fd.ip in (1.2.3.4, 5.6.7.8)"),
      rule("both ends", "evt.type = openat and fd.port = 80 and fd.port = 90"),
      rule("no such event", "evt.type = mount and proc.name = a"),
      rule("again", "(evt.type = openat and fd.name = a) or evt.type = execve"),
    ].join("\n"),
  );
  assert.deepEqual(
    findDeadRules(rules, { provider }).map(({ rule: one, reason, message }) => [
      one.definition.name,
      reason,
      message,
    ]),
    [
      ["off", "disabled", 'It is switched off: "enabled: false"'],
      [
        "two types",
        "no-event",
        "evt.type can have no value: evt.type = openat and evt.type = execve",
      ],
      [
        "two names",
        "contradiction",
        "proc.name can have no value: proc.name = a and proc.name = b",
      ],
      [
        "a prefix",
        "contradiction",
        "fd.name can have no value: fd.name in (/etc/a, /etc/b) and not fd.name startswith /etc",
      ],
      ["a range", "contradiction", "proc.pid can have no value: proc.pid > 5 and proc.pid < 3"],
      ["no number", "contradiction", "proc.pid can have no value: proc.pid > 5 and proc.pid < 6"],
      ["denied", "contradiction", '"proc.name = a" must hold and must not hold'],
      [
        "missing",
        "contradiction",
        '"proc.name startswith a" needs proc.name, which must not exist',
      ],
      ["empty", "contradiction", '"proc.name in ()" compares with an empty list'],
      ["never", "contradiction", '"evt.num = 0" never holds: events are counted from 1'],
      [
        "addresses",
        "contradiction",
        '"fd.ip in (…)" never holds in Falco; compare with = and "or"',
      ],
      ["no such event", "no-event", "No source delivers its events: mount"],
      [
        "again",
        "shadowed",
        'Rule "fine" before it has the same condition, and matching ends at the first rule',
      ],
    ],
  );
  const blind = {
    ...provider,
    resolve: (name: string, argument: string | undefined) =>
      name === "proc.name" ? undefined : provider.resolve(name, argument),
  };
  const some = rulesOf(
    [
      rule("b", "evt.type = openat and proc.name = a"),
      rule("c", "evt.type = openat and not proc.name = a"),
    ].join("\n"),
  );
  assert.deepEqual(
    findDeadRules(some, { provider: blind }).map(({ reason, message }) => [reason, message]),
    [["field", '"proc.name = a" never holds: no event that the rule is about has proc.name']],
  );
});
