import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";

import { ocelli } from "./support/cli.ts";

const RULE = `- rule: shell
  desc: a shell opens a file
  condition: evt.type in (open, openat) and proc.name=bash
  output: "%proc.name opened %fd.name"
  priority: info
  tags: [b, a]
`;

suite("ocelli rules", () => {
  const folder = mkdtempSync(join(tmpdir(), "ocelli-rules-"));
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  test("check says that a file is right", () => {
    assert.deepEqual(ocelli(["rules", "check", write("right.yaml", RULE)]), {
      status: 0,
      stdout: "1 file: 1 rule, 0 errors, 0 warnings\n",
      stderr: "",
    });
  });

  test("check names place, code, item and remedy of a mistake, and exits with 1", () => {
    const path = write("wrong.yaml", RULE.replace("proc.name", "proc.nam"));
    assert.deepEqual(ocelli(["rules", "check", path]), {
      status: 1,
      stdout: [
        `${path}:3:14: error[LOAD_ERR_COMPILE_CONDITION] rule "shell", rule condition: filter_check called with nonexistent field proc.nam`,
        '  Did you mean proc.name? "ocelli rules fields" lists the fields',
        "1 file: not loaded, 1 error, 0 warnings",
        "",
      ].join("\n"),
      stderr: "",
    });
  });

  test("check --json gives the same as data", () => {
    const path = write("macro.yaml", `${RULE}- macro: unused\n  condition: evt.type=close\n`);
    const { status, stdout } = ocelli(["rules", "check", "--json", path]);
    assert.equal(status, 0);
    assert.deepEqual(JSON.parse(stdout), {
      ok: true,
      files: [{ file: path, ok: true }],
      rules: 1,
      errors: 0,
      warnings: 1,
      diagnostics: [
        {
          code: "LOAD_UNUSED_MACRO",
          severity: "warning",
          span: { offset: 175, length: 0 },
          message: "Macro not referred to by any other rule/macro",
          hint: "Remove it, or use it",
          file: path,
          line: 7,
          column: 3,
          path: [
            { kind: "rules content", name: "", where: path, offset: 0, line: 0, column: 0 },
            { kind: "macro", name: "unused", where: path, offset: 175, line: 6, column: 2 },
          ],
        },
      ],
    });
  });

  test("list shows the rules of a folder's files, by file name", () => {
    const rules = join(folder, "rules.d");
    mkdirSync(rules);
    writeFileSync(
      join(rules, "b.yaml"),
      "- rule: shell\n  enabled: false\n  override: {enabled: replace}\n",
    );
    writeFileSync(join(rules, "a.yml"), RULE);
    writeFileSync(join(rules, "notes.txt"), "no rules");
    assert.deepEqual(ocelli(["rules", "list", rules]), {
      status: 0,
      stdout: [
        "RULE   PRIORITY       SOURCE   ON  EVENTS       TAGS",
        "shell  Informational  syscall  no  open openat  a b",
        "",
      ].join("\n"),
      stderr: "",
    });
  });

  test("list refuses files with errors, and folders without rules", () => {
    const path = write("broken.yaml", "- rule: x\n");
    assert.deepEqual(ocelli(["rules", "list", path]), {
      status: 1,
      stdout: "",
      stderr: [
        "Cannot load the rules:",
        `${path}:1:3: error[LOAD_ERR_YAML_VALIDATE] rule "x": Item has no mapping for key 'enabled'`,
        '  Add "enabled: …"',
        "",
      ].join("\n"),
    });
    const empty = join(folder, "empty");
    mkdirSync(empty);
    assert.deepEqual(ocelli(["rules", "check", empty]), {
      status: 1,
      stdout: "",
      stderr: `Cannot read "${empty}": the folder holds no .yaml or .yml file\n`,
    });
  });

  test("fields lists the catalogue, and what nothing fills in", () => {
    const lines = ocelli(["rules", "fields"]).stdout.split("\n");
    assert.equal(lines.length, 363);
    assert.match(
      lines[55] ?? "",
      /^proc\.exe +text +First argument \(argv\[0\]\) of the process\.$/,
    );
    const missing: unknown = JSON.parse(ocelli(["rules", "fields", "--missing", "--json"]).stdout);
    assert.equal(Array.isArray(missing) && missing.length, 31);
  });

  test("explain says which rules can never fire, and why", () => {
    const dead = RULE.replace("rule: shell", "rule: dead").replace("bash", "bash and proc.name=sh");
    const path = write("dead.yaml", RULE + dead);
    assert.deepEqual(ocelli(["rules", "explain", path]), {
      status: 0,
      stdout: [
        "1 of 2 rules can fire.",
        "dead",
        "  proc.name can have no value: proc.name = bash and proc.name = sh",
        "",
      ].join("\n"),
      stderr: "",
    });
  });

  test("explain --rule spells a rule out", () => {
    const macro = "- macro: shells\n  condition: proc.name in (bash, sh)\n";
    const path = write("spelled.yaml", macro + RULE.replace("proc.name=bash", "not shells"));
    assert.deepEqual(ocelli(["rules", "explain", path, "--rule", "shell"]), {
      status: 0,
      stdout: [
        "shell",
        "  a shell opens a file",
        "events: open openat",
        "all of",
        "  evt.type in (open, openat)",
        "  not",
        "    shells: proc.name in (bash, sh)",
        "",
      ].join("\n"),
      stderr: "",
    });
    const { status, stderr } = ocelli(["rules", "explain", path, "--rule", "none"]);
    assert.equal(status, 1);
    assert.match(stderr, /Cannot explain "none": no rule has that name/);
  });

  test("explain --event shows what held for an event, and what kept other rules from holding", () => {
    const other = RULE.replace("rule: shell", "rule: zsh").replace("bash", "zsh");
    const rules = write("two.yaml", RULE + other);
    const event = write(
      "event.json",
      '{"output_fields": {"evt.type": "openat", "proc.name": "bash"}}',
    );
    assert.deepEqual(ocelli(["rules", "explain", rules, "--event", event]), {
      status: 0,
      stdout: [
        "HOLDS shell",
        "  + all of",
        '    + evt.type in (open, openat)  (evt.type is "openat")',
        '    + proc.name = bash  (proc.name is "bash")',
        "MISSES zsh: 1 check would have to come out the other way",
        '  - proc.name = zsh  (proc.name is "bash")',
        "",
      ].join("\n"),
      stderr: "",
    });
    const wrong = write("wrong.json", '{"evt.type": "opened"}');
    const { status, stderr } = ocelli(["rules", "explain", rules, "--event", wrong]);
    assert.equal(status, 1);
    assert.match(stderr, /"evt.type" must name an event, found "opened"/);
  });

  test("test runs the tests of a folder, and exits with 1 when one fails", () => {
    const tests = join(folder, "tests");
    mkdirSync(tests);
    write("tested.yaml", RULE);
    write(
      "tests/shell.test.yaml",
      `- test: a shell opens a file
  rules: ../tested.yaml
  events:
    - {evt.type: openat, proc.name: bash, fd.name: /tmp/a}
    - {evt.type: openat, proc.name: vim, fd.name: /tmp/b}
  expect:
    - {rule: shell, output: bash opened /tmp/a, count: 1}
  only: true
`,
    );
    assert.deepEqual(ocelli(["rules", "test", tests]), {
      status: 0,
      stdout: `ok  ${tests}/shell.test.yaml: a shell opens a file\n1 passed, 0 failed\n`,
      stderr: "",
    });
    write(
      "tests/wrong.test.yaml",
      `- test: nothing is said
  rules: ../tested.yaml
  events: [{evt.type: open, proc.name: bash}]
  silent: [shell]
- test: no such capture
  rules: ../tested.yaml
  capture: none.scap
`,
    );
    assert.deepEqual(ocelli(["rules", "test", tests]), {
      status: 1,
      stdout: [
        `ok  ${tests}/shell.test.yaml: a shell opens a file`,
        `FAILED  ${tests}/wrong.test.yaml: nothing is said`,
        '  Expected silence of "shell": found 1, first "shell": bash opened <NA>',
        `FAILED  ${tests}/wrong.test.yaml: no such capture`,
        `  Cannot read "${tests}/none.scap": there is no such file`,
        "1 passed, 2 failed",
        "",
      ].join("\n"),
      stderr: "",
    });
  });
});
