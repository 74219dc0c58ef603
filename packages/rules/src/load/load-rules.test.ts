import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { describeFilter } from "../filter/print-filter.ts";
import { formatRuleDiagnostic } from "./load-diagnostic.ts";
import { loadRules, remarksOf, type LoadResult } from "./load-rules.ts";

function load(...texts: readonly string[]): LoadResult {
  return loadRules(texts.map((text, index) => ({ name: `${index + 1}.yaml`, text })));
}

/** Diagnostics as a person reads them, without what to do. */
function remarks(...texts: readonly string[]): string[] {
  return remarksOf(load(...texts)).map((one) => formatRuleDiagnostic({ ...one, hint: "" }));
}

function conditions(...texts: readonly string[]): string[] {
  const result = load(...texts);
  assert.deepEqual(
    remarksOf(result)
      .filter(({ severity }) => severity === "error")
      .map(formatRuleDiagnostic),
    [],
  );
  return result.rules.map(
    ({ definition, condition }) => `${definition.name}: ${describeFilter(condition)}`,
  );
}

const rule = (name: string, condition: string, more = ""): string => `
- rule: ${name}
  desc: a rule
  condition: ${condition}
  output: "%proc.name"
  priority: info
${more}`;

test("loadRules() puts lists and macros in their place", () => {
  assert.deepEqual(
    conditions(
      `
- list: shells
  items: [bash, zsh, "with blank"]
- list: none
  items: []
- list: programs
  items: [shells, cat]
- macro: opens
  condition: evt.type in (open, openat)
- macro: shell_opens
  condition: (opens and proc.name in (shells))
${rule("a", "shell_opens or opens and proc.name in (none, programs, none)")}
`,
    ),
    [
      'a: ((evt.type in (open, openat) and proc.name in (bash, zsh, "with blank")) or (evt.type in (open, openat) and proc.name in (bash, zsh, "with blank", cat)))',
    ],
  );
});

test("loadRules() applies overrides, appends and redefinitions in order, over files", () => {
  assert.deepEqual(
    conditions(
      `
- list: names
  items: [a]
- macro: fits
  condition: proc.name in (names)
${rule("first", "evt.type=open and fits")}
${rule("second", "evt.type=close")}`,
      `
- list: names
  items: [b]
  override: {items: append}
- macro: fits
  condition: or proc.name = c
  override: {condition: append}
- rule: second
  condition: and fits
  priority: error
  tags: [x]
  override: {condition: append, priority: replace, tags: append}
${rule("first", "evt.type=dup and fits")}`,
    ),
    [
      "first: (evt.type = dup and (proc.name in (a, b) or proc.name = c))",
      "second: (evt.type = close and (proc.name in (a, b) or proc.name = c))",
    ],
  );
});

test("loadRules() keeps what a rule says beside its condition", () => {
  const { rules } = load(
    rule(
      "a",
      "evt.type=open",
      `  tags: [b, a]
  enabled: no
  capture: true
  capture_duration: 500
  warn_evttypes: false
  skip-if-unknown-filter: true`,
    ),
  );
  const [first] = rules;
  const {
    path: _path,
    conditionPath: _conditionPath,
    outputPath: _outputPath,
    tags,
    ...rest
  } = first?.definition ?? {
    tags: new Set(),
  };
  assert.deepEqual([...tags], ["b", "a"]);
  assert.deepEqual(rest, {
    name: "a",
    source: "syscall",
    sourceKnown: true,
    condition: "evt.type=open",
    output: "%proc.name",
    description: "a rule",
    priority: "Informational",
    exceptions: [],
    enabled: false,
    warnEventTypes: false,
    skipIfUnknownFilter: true,
    capture: true,
    captureDurationMs: 500,
    index: 0,
    visibility: 0,
  });
  assert.deepEqual([...(first?.eventTypes.names ?? [])], ["open"]);
});

test("loadRules() writes exceptions of every form into the condition", () => {
  const exceptions = `  exceptions:
    - name: one
      fields: proc.name
      values: [a, "b c"]
    - name: rows
      fields: [proc.name, fd.name]
      comps: [=, startswith]
      values:
        - [a, /etc]
        - ["b c", "/x"]
    - name: lists
      fields: [proc.name, fd.sport]
      comps: [in, in]
      values:
        - [[a, b], 80]
    - name: modified
      fields: fd.name
      comps: glob oneof
      values: [/a*, /b*]
    - name: empty
      fields: [proc.name]`;
  assert.deepEqual(conditions(rule("a", "evt.type=open", exceptions)), [
    'a: (evt.type = open and not proc.name in (a, "b c") and not ((proc.name = a and fd.name startswith /etc) or (proc.name = "b c" and fd.name startswith /x)) and not (proc.name in (a, b) and fd.sport in (80)) and not fd.name glob oneof (/a*, /b*))',
  ]);
});

test("loadRules() names file, line, column and item of every mistake, and goes on", () => {
  assert.deepEqual(
    remarks(
      `
- rule: broken
  desc: x
  condition: evt.type=
  output: x
  priority: info
${rule("unknown field", "evt.type=open and proc.nom=x")}
${rule("wrong type", "evt.type=open and proc.pid contains 1 and fd.ip=1.2.3.4/5")}
${rule("no macro", "evt.type=open and nothing")}
${rule("fine", "evt.type=open")}`,
    ),
    [
      '1.yaml:4:14: error[LOAD_ERR_COMPILE_CONDITION] rule "broken", rule condition: Cannot read a check: a text must follow the operator, the condition ends',
      '1.yaml:10:14: error[LOAD_ERR_COMPILE_CONDITION] rule "unknown field", rule condition: filter_check called with nonexistent field proc.nom',
      "1.yaml:17:14: error[LOAD_ERR_COMPILE_CONDITION] rule \"wrong type\", rule condition: filter error: 'contains' operator not supported for numeric filters",
      '1.yaml:17:14: error[LOAD_ERR_COMPILE_CONDITION] rule "wrong type", rule condition: unrecognized IPv4 address 1.2.3.4/5',
      "1.yaml:22:3: error[LOAD_ERR_VALIDATE] rule \"no macro\": Undefined macro 'nothing' used in filter.",
    ],
  );
});

test("loadRules() refuses wrong shapes of YAML with Falco's codes", () => {
  const first = (text: string): string => remarks(text)[0] ?? "";
  const base = (more: string): string => rule("a", "evt.type=open", more);
  assert.deepEqual(
    [
      "{",
      "text",
      "a: b",
      "- 1",
      "- something: else",
      "- list: a",
      "- list: a\n  items: x",
      "- list: a\n  items: [[x]]",
      "- macro: a",
      "- macro: a\n  condition: ''",
      "- rule: a",
      "- rule: a\n  condition: evt.type=open",
      rule("a", "evt.type=open").replace("info", "loud"),
      base("  enabled: maybe"),
      base("  tags: x"),
      base("  exceptions: x"),
      base("  exceptions: [x]"),
      base("  exceptions: [{name: e}]"),
      base("  exceptions: [{name: e, fields: [proc.name, fd.name], values: [[a]]}]"),
      base("  exceptions: [{name: e, fields: proc.name, values: [[a]]}]"),
      base("  exceptions: [{name: e, fields: proc.nom, values: [a]}]"),
      base("  exceptions: [{name: e, fields: [proc.name], comps: like, values: [[a]]}]"),
      base("  exceptions: [{name: e, fields: proc.name, comps: [in], values: [a]}]"),
      "- required_engine_version: 63",
      "- required_engine_version: one",
      "- required_plugin_versions: container",
      "- required_plugin_versions: [{name: json, version: 0.1.0}]",
      "- required_plugin_versions: [{name: container, version: 0.8.0}]",
      "- required_plugin_versions: [{name: container, version: new}]",
      base("  source: k8s_audit"),
    ].map(first),
    [
      "1.yaml:1:2: error[LOAD_ERR_YAML_PARSE] value for: Flow map must end with a }",
      "1.yaml:1:1: error[LOAD_ERR_YAML_VALIDATE] Rules content is not yaml",
      "1.yaml:1:1: error[LOAD_ERR_YAML_VALIDATE] Rules content is not yaml array of objects",
      "1.yaml:1:3: error[LOAD_ERR_YAML_VALIDATE] rules content item: Unexpected element type. Each element should be a yaml associative array.",
      "1.yaml:1:3: warning[LOAD_UNKNOWN_ITEM] rules content item: Unknown top level item",
      "1.yaml:1:3: error[LOAD_ERR_YAML_VALIDATE] list \"a\": Item has no mapping for key 'items'",
      '1.yaml:2:10: error[LOAD_ERR_YAML_VALIDATE] list "a", value for "items": Value is not a sequence',
      '1.yaml:2:11: error[LOAD_ERR_YAML_VALIDATE] list "a", value for "items", list item: sequence value is not scalar',
      "1.yaml:1:3: error[LOAD_ERR_YAML_VALIDATE] macro \"a\": Item has no mapping for key 'condition'",
      '1.yaml:2:14: error[LOAD_ERR_YAML_VALIDATE] macro "a", value for "condition": Value must be non-empty',
      "1.yaml:1:3: error[LOAD_ERR_YAML_VALIDATE] rule \"a\": Item has no mapping for key 'enabled'",
      "1.yaml:1:3: error[LOAD_ERR_YAML_VALIDATE] rule \"a\": Item has no mapping for key 'output'",
      '1.yaml:6:13: error[LOAD_ERR_YAML_VALIDATE] rule "a", rule priority: Invalid priority',
      '1.yaml:7:12: error[LOAD_ERR_YAML_VALIDATE] rule "a", value for "enabled": Can\'t decode YAML scalar value',
      '1.yaml:7:9: error[LOAD_ERR_YAML_VALIDATE] rule "a", value for "tags": Value is not a sequence',
      '1.yaml:7:15: error[LOAD_ERR_YAML_VALIDATE] rule "a", exceptions: Rule exceptions must be a sequence',
      '1.yaml:7:16: error[LOAD_ERR_YAML_VALIDATE] rule "a", exceptions, exception: Rule exception must be a mapping',
      '1.yaml:7:16: error[LOAD_ERR_YAML_VALIDATE] rule "a", exception "e": Item has no mapping for key \'fields\'',
      '1.yaml:7:16: error[LOAD_ERR_VALIDATE] rule "a", exception "e": Fields and values lists must have equal length',
      '1.yaml:7:16: error[LOAD_ERR_VALIDATE] rule "a", exception "e": Expected values array to contain a list of strings',
      '1.yaml:7:16: error[LOAD_ERR_VALIDATE] rule "a", exception "e": \'proc.nom\' is not a supported filter field',
      '1.yaml:7:16: error[LOAD_ERR_VALIDATE] rule "a", exception "e": Fields and comps lists must have equal length',
      '1.yaml:7:16: error[LOAD_ERR_VALIDATE] rule "a", exception "e": Fields and comps must both be strings',
      "1.yaml:1:3: error[LOAD_ERR_VALIDATE] required_engine_version: Rules require engine version 0.63.0, but engine version is 0.62.0",
      "1.yaml:1:3: error[LOAD_ERR_YAML_VALIDATE] required_engine_version: Unable to parse engine version 'one' as a semver string. Expected \"x.y.z\" semver format.",
      "1.yaml:1:29: error[LOAD_ERR_YAML_VALIDATE] required plugin versions: Value of required_plugin_versions must be a sequence",
      '1.yaml:1:30: error[LOAD_ERR_VALIDATE] required plugin versions, required plugin versions entry "json": Plugin requirement not satisfied, must have one of: json (>= 0.1.0)',
      '1.yaml:1:30: error[LOAD_ERR_VALIDATE] required plugin versions, required plugin versions entry "container": Plugin requirement not satisfied, must have one of: container (>= 0.8.0)',
      "1.yaml:1:30: error[LOAD_ERR_VALIDATE] required plugin versions, required plugin versions entry \"container\": Invalid required version 'new' for plugin 'container'",
      '1.yaml:2:3: warning[LOAD_UNKNOWN_SOURCE] rule "a": Unknown source k8s_audit, skipping',
    ],
  );
});

test("loadRules() refuses overrides that do not fit", () => {
  const after = (text: string): string => remarks(rule("a", "evt.type=open"), text)[0] ?? "";
  assert.deepEqual(
    [
      "- rule: a\n  enabled: true\n  override: {enabled: append}",
      "- rule: a\n  source: x\n  override: {source: replace}",
      "- rule: a\n  desc: x\n  override: {desc: change}",
      "- rule: a\n  desc: x\n  output: y\n  override: {desc: replace}",
      "- rule: b\n  desc: x\n  override: {desc: append}",
      "- rule: b\n  enabled: true",
      "- rule: a\n  append: true",
      "- macro: b\n  condition: evt.type=open\n  append: true",
      rule("a", "evt.type=open", "  source: other"),
    ].map(after),
    [
      "2.yaml:3:14: error[LOAD_ERR_YAML_VALIDATE] rule \"a\", overrides, overrides \"enabled\": Key 'enabled' cannot be appended to, use 'replace' instead",
      '2.yaml:3:14: error[LOAD_ERR_YAML_VALIDATE] rule "a", overrides, overrides "source": Key \'source\' cannot be replaced',
      "2.yaml:3:20: error[LOAD_ERR_YAML_VALIDATE] rule \"a\", overrides, value for \"desc\": Invalid override operation for key 'desc': 'change'. Allowed values are: append replace ",
      "2.yaml:3:11: error[LOAD_ERR_YAML_VALIDATE] rule \"a\", overrides \"output\": Unexpected key 'output': no corresponding entry under 'override' is defined.",
      "2.yaml:1:3: error[LOAD_ERR_VALIDATE] rule \"b\": Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists",
      "2.yaml:1:3: warning[LOAD_DEPRECATED_ITEM] rule \"b\": The standalone 'enabled' key usage is deprecated. The correct approach requires also a 'replace' entry under the 'override' key (i.e. 'enabled: replace').",
      "2.yaml:1:3: warning[LOAD_DEPRECATED_ITEM] rule \"a\": 'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead.",
      "2.yaml:1:3: warning[LOAD_DEPRECATED_ITEM] macro \"b\": 'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead.",
      '2.yaml:2:3: error[LOAD_ERR_VALIDATE] rule "a": Rule has been re-defined with a different source',
    ],
  );
});

test("loadRules() skips a rule with unknown fields where it asks for it", () => {
  assert.deepEqual(
    remarks(rule("a", "evt.type=open and proc.nom=x", "  skip-if-unknown-filter: true")),
    [
      '1.yaml:4:14: warning[LOAD_UNKNOWN_FILTER] rule "a", rule condition: filter_check called with nonexistent field proc.nom',
    ],
  );
});

test("loadRules() warns of what is never used, once all files are read", () => {
  const lists = "- list: a\n  items: [x]\n- macro: b\n  condition: evt.type=open\n";
  assert.deepEqual(remarks(lists, rule("r", "b and proc.name in (a)")), []);
  assert.deepEqual(remarks(lists, rule("r", "evt.type=open")), [
    '1.yaml:3:3: warning[LOAD_UNUSED_MACRO] macro "b": Macro not referred to by any other rule/macro',
    '1.yaml:1:3: warning[LOAD_UNUSED_LIST] list "a": List not referred to by any other rule/macro',
  ]);
});

test("loadRules() refuses macros that run in a circle", () => {
  const text = `
- macro: a
  condition: evt.type=open
- macro: b
  condition: a
- macro: a
  condition: b
${rule("r", "a")}`;
  assert.deepEqual(remarks(text), [
    "1.yaml:6:3: error[LOAD_ERR_VALIDATE] macro \"a\": reference loop in macro 'a'",
    "1.yaml:4:3: error[LOAD_ERR_VALIDATE] macro \"b\": reference loop in macro 'b'",
  ]);
});

test("loadRules() refuses lists and macros that grow without bound", () => {
  const lists = Array.from(
    { length: 40 },
    (_, index) => `- list: l${index}\n  items: [l${index + 1}, l${index + 1}]\n`,
  );
  const macros = Array.from(
    { length: 40 },
    (_, index) =>
      `- macro: m${index}\n  condition: ${index === 0 ? "evt.type=open" : `m${index - 1} or m${index - 1}`}\n`,
  );
  assert.deepEqual(remarks(`${macros.join("")}${rule("r", "m39")}`).slice(0, 1), [
    "1.yaml:41:3: error[LOAD_ERR_VALIDATE] macro \"m20\": Cannot put macro 'm19' in its place: the condition has more than 1000000 parts",
  ]);
  assert.deepEqual(remarks(`${lists.join("")}${rule("r", "proc.name in (l0)")}`), [
    '1.yaml:84:14: error[LOAD_ERR_COMPILE_CONDITION] rule "r", rule condition: Cannot replace the lists: the condition grows beyond 4000000 characters',
  ]);
});

test("loadRules() refuses macros that nest too deep, and takes conditions as deep as Falco does", () => {
  const chain = Array.from(
    { length: 1500 },
    (_, index) =>
      `- macro: m${index}\n  condition: ${index === 0 ? "evt.type=open" : `not (evt.type=close or m${index - 1})`}\n`,
  );
  assert.deepEqual(remarks(`${chain.join("")}${rule("r", "m1499")}`).slice(0, 1), [
    "1.yaml:2003:3: error[LOAD_ERR_VALIDATE] macro \"m1001\": Cannot put macro 'm1000' in its place: the condition nests deeper than 2000 levels",
  ]);
  const deep = `${"(evt.type=open and (evt.type=open or ".repeat(499)}evt.type=open${"))".repeat(499)}`;
  assert.deepEqual(remarks(rule("r", deep)), []);
});

test("loadRules() never throws, whatever a file holds", () => {
  const words = fc.constantFrom(
    ..."- rule: macro: list: items: condition: output: desc: priority: exceptions: fields: comps: values: override: append: true [a, b] {a: b} evt.type=open proc.name info &a *a | > ! a".split(
      " ",
    ),
    "\n",
    "\n  ",
    "\n- ",
    "[[",
    "- - -",
    "<<: *a",
  );
  fc.assert(
    fc.property(fc.array(words, { maxLength: 40 }), (pieces) => {
      const result = load(pieces.join(" "));
      remarksOf(result).forEach(formatRuleDiagnostic);
    }),
    { numRuns: 500 },
  );
});
