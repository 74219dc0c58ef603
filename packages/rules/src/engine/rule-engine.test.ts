import assert from "node:assert/strict";
import { test } from "node:test";

import { createMemoryProvider, type MemoryEvent } from "@ocelli/event";

import { formatAlertJson, formatAlertText } from "../output/alert.ts";
import { createRuleEngine, type EngineOptions } from "./rule-engine.ts";

const provider = createMemoryProvider(["openat", "execve"]);

function event(type: number, fields: MemoryEvent["fields"]): MemoryEvent {
  return { type, source: "syscall", number: 7, timeNs: 1795191076056312762n, fields };
}

function engineOf(
  text: string,
  options: EngineOptions = {},
): ReturnType<typeof createRuleEngine<MemoryEvent>> {
  const engine = createRuleEngine([provider], { appendOutput: [], ...options });
  const result = engine.load([{ name: "rules.yaml", text }]);
  assert.deepEqual(
    result.files.flatMap(({ diagnostics }) =>
      diagnostics.filter(({ severity }) => severity === "error"),
    ),
    [],
  );
  return engine;
}

const TWO_RULES = `
- rule: Read secrets
  desc: d
  condition: evt.type = openat and fd.name startswith /etc
  output: "file=%fd.name up=%toupper(proc.name) tty=%proc.tty wide=[%8proc.name] aname=%proc.aname[2] 100%%"
  priority: WARNING
  tags: [host, T1555]
- rule: Any open
  desc: d
  condition: evt.type = openat
  output: open %evt.rawres
  priority: info
  exceptions:
    - name: known
      fields: [proc.name, fd.name]
      values:
        - [cat, /etc/motd]
`;

const SHADOW = event(0, {
  "fd.name": "/etc/shadow",
  "proc.name": "cat",
  "proc.tty": 34816,
  "evt.rawres": -13,
});

test("process() raises the first rule that holds, or all of them", () => {
  assert.deepEqual(
    engineOf(TWO_RULES)
      .process(SHADOW)
      .map(({ rule }) => rule),
    ["Read secrets"],
  );
  assert.deepEqual(
    engineOf(TWO_RULES, { matching: "all" })
      .process(SHADOW)
      .map(({ rule }) => rule),
    ["Read secrets", "Any open"],
  );
  assert.deepEqual(engineOf(TWO_RULES).process(event(1, {})), []);
});

test("process() leaves out what exceptions name", () => {
  const engine = engineOf(TWO_RULES, { matching: "all" });
  const motd = event(0, { "fd.name": "/etc/motd", "proc.name": "cat" });
  assert.deepEqual(
    engine.process(motd).map(({ rule }) => rule),
    ["Read secrets"],
  );
});

test("formatAlertText() and formatAlertJson() write an alert as Falco does", () => {
  const [alert] = engineOf(TWO_RULES).process(SHADOW);
  assert.ok(alert);
  assert.equal(
    formatAlertText(alert, { zone: "utc" }),
    "16:11:16.056312762: Warning file=/etc/shadow up=CAT tty=34816 wide=[cat     ] aname=<NA> 100%",
  );
  assert.equal(
    formatAlertJson(alert, { hostname: "peer", zone: "utc", properties: { message: true } }),
    '{"hostname":"peer","message":"file=/etc/shadow up=CAT tty=34816 wide=[cat     ] aname=<NA> 100%","output":"16:11:16.056312762: Warning file=/etc/shadow up=CAT tty=34816 wide=[cat     ] aname=<NA> 100%","output_fields":{"evt.time":1795191076056312762,"fd.name":"/etc/shadow","proc.aname[2]":null,"proc.name":"cat","proc.tty":34816},"priority":"Warning","rule":"Read secrets","source":"syscall","tags":["T1555","host"],"time":"2026-11-20T16:11:16.056312762Z"}',
  );
  assert.equal(
    formatAlertJson(alert, {
      timeFormatIso8601: true,
      properties: { output: false, outputFields: false, tags: false },
    }),
    '{"hostname":"","priority":"Warning","rule":"Read secrets","source":"syscall","time":"2026-11-20T16:11:16.056312762Z"}',
  );
  assert.match(
    formatAlertText(alert, { timeFormatIso8601: true }),
    /^2026-11-20T16:11:16\.056312762\+0000: Warning file=/,
  );
});

test("process() adds outputs and fields to the rules that they are for", () => {
  const engine = engineOf(TWO_RULES, {
    matching: "all",
    staticFields: { site: "lab" },
    appendOutput: [
      {
        match: { tags: ["host"] },
        extraOutput: "pid=%proc.pid",
        extraFields: ["proc.pid", { name: "who", format: "user %user.name" }],
      },
      { match: { rule: "Any open" }, suggestedOutput: true },
    ],
  });
  const alerts = engine.process(
    event(0, { ...SHADOW.fields, "proc.pid": 12, "container.id": "host" }),
  );
  assert.deepEqual(
    alerts.map(({ message, fields }) => [message, [...fields]]),
    [
      [
        "file=/etc/shadow up=CAT tty=34816 wide=[cat     ] aname=<NA> 100% pid=12",
        [
          ["fd.name", "/etc/shadow"],
          ["proc.name", "cat"],
          ["proc.tty", 34816],
          ["proc.aname[2]", null],
          ["proc.pid", 12],
          ["who", "user <NA>"],
          ["site", "lab"],
        ],
      ],
      [
        "open -13 container_id=host container_name=<NA> container_image_repository=<NA> container_image_tag=<NA> k8s_pod_name=<NA> k8s_ns_name=<NA>",
        [
          ["evt.rawres", -13],
          ["container.id", "host"],
          ["container.name", null],
          ["container.image.repository", null],
          ["container.image.tag", null],
          ["k8s.pod.name", null],
          ["k8s.ns.name", null],
          ["site", "lab"],
        ],
      ],
    ],
  );
});

test("load() keeps the old rules and their counts when a file is broken", () => {
  const engine = engineOf(TWO_RULES);
  engine.process(SHADOW);
  const broken = engine.load([{ name: "rules.yaml", text: "- rule: Broken\n  condition: (" }]);
  assert.equal(broken.ok, false);
  assert.equal(engine.process(SHADOW).length, 1);
  const changed = engine.load([
    { name: "rules.yaml", text: TWO_RULES },
    {
      name: "more.yaml",
      text: "- rule: Read secrets\n  condition: and proc.name = nobody\n  override: {condition: append}\n",
    },
  ]);
  assert.equal(changed.ok, true);
  assert.deepEqual(
    engine.process(SHADOW).map(({ rule }) => rule),
    ["Any open"],
  );
  assert.deepEqual(engine.statistics(), {
    events: 3,
    alerts: 3,
    rules: [
      { rule: "Read secrets", alerts: 2 },
      { rule: "Any open", alerts: 1 },
    ],
  });
});

test("createRuleEngine() runs the rules that are selected and bad enough", () => {
  const names = (options: EngineOptions): string[] =>
    engineOf(TWO_RULES, options)
      .rules()
      .map(({ definition }) => definition.name);
  assert.deepEqual(names({ minimumPriority: "Warning" }), ["Read secrets"]);
  assert.deepEqual(names({ selections: [{ action: "disable", rule: "Read*" }] }), ["Any open"]);
  assert.deepEqual(
    names({
      selections: [
        { action: "disable", rule: "*" },
        { action: "enable", tag: "host" },
      ],
    }),
    ["Read secrets"],
  );
});
