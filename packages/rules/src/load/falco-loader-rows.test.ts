import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { sharedData, sharedDataMissing, sharedRows } from "@ocelli/testkit";

import { describeFilter } from "../filter/print-filter.ts";
import type { CompiledRule } from "./compile-rules.ts";
import type { RuleDiagnostic } from "./load-diagnostic.ts";
import { loadRules } from "./load-rules.ts";

type Item = readonly [string, string, Readonly<Record<string, unknown>>];

interface Remark {
  readonly code: string;
  readonly message: string;
  readonly item: readonly Item[];
}

interface ExpectedRule {
  readonly name: string;
  readonly enabled: boolean;
  readonly condition: string;
  readonly compiled: string;
  readonly output: string;
  readonly priority: string;
  readonly tags: readonly string[];
  readonly events: readonly string[] | number;
}

interface Row {
  readonly name: string;
  readonly part?: number;
  readonly yaml: string;
  readonly expect: {
    readonly successful: boolean;
    readonly errors: readonly Remark[];
    readonly warnings: readonly Remark[];
    readonly rules?: readonly ExpectedRule[];
  };
}

function toRemark({ code, message, path }: RuleDiagnostic): Remark {
  return {
    code,
    message,
    item: path.map(({ kind, name, where, offset, line, column }) => [
      kind,
      name,
      { column, line, name: where, offset },
    ]),
  };
}

function toRule({ definition, condition, eventTypes }: CompiledRule): ExpectedRule {
  return {
    name: definition.name,
    enabled: definition.enabled,
    condition: definition.condition,
    compiled: describeFilter(condition),
    output: definition.output,
    priority: definition.priority,
    tags: [...definition.tags].toSorted(),
    events: eventTypes.complement ? [] : [...eventTypes.names, "asyncevent"].toSorted(),
  };
}

/** Rows give the number of events, not their names, where it is 60 or more. */
function sortEvents(rule: ExpectedRule): ExpectedRule {
  const { events } = rule;
  return { ...rule, events: typeof events === "number" ? [] : [...events].toSorted() };
}

test(
  "loadRules() agrees with every row of rule_loader",
  {
    skip: sharedDataMissing("falco/rule_loader.ndjson"),
  },
  () => {
    const rows = sharedRows<Row>("falco/rule_loader.ndjson");
    const got = rows.map((row) => {
      const result = loadRules([{ name: "r.yaml", text: row.yaml }]);
      const remarks = result.files.flatMap((file) => file.diagnostics);
      return {
        name: row.name,
        successful: result.ok,
        errors: remarks.filter(({ severity }) => severity === "error").map(toRemark),
        warnings: remarks.filter(({ severity }) => severity === "warning").map(toRemark),
        rules: row.expect.rules === undefined ? undefined : result.rules.map(toRule),
      };
    });
    assert.deepEqual(
      got,
      rows.map(({ name, expect }) => ({
        name,
        successful: expect.successful,
        errors: expect.errors,
        warnings: expect.warnings,
        rules: expect.rules?.map(sortEvents),
      })),
    );
    assert.equal(rows.length, 45);
  },
);

interface LoadRow {
  readonly name: string;
  readonly rules: readonly string[];
  readonly falco: {
    readonly load_results?: readonly {
      readonly successful: boolean;
      readonly errors: readonly (readonly [string, string])[];
      readonly warnings: readonly (readonly [string, string])[];
    }[];
  };
}

function loadFiles(paths: readonly string[]): ReturnType<typeof loadRules> {
  return loadRules(
    paths.map((path) => ({
      name: path,
      text: readFileSync(sharedData(`falco/tests/${path}`) ?? path, "utf8"),
    })),
  );
}

/** The words of the parser are our own. */
function words([code, message]: readonly [string, string]): string {
  return message.startsWith("unexpected token after") ? code : `${code} ${message}`;
}

test(
  "loadRules() agrees with every row of validation_tests",
  {
    skip: sharedDataMissing("falco/tests/validation_tests.ndjson"),
  },
  () => {
    const rows = sharedRows<LoadRow>("falco/tests/validation_tests.ndjson");
    const pick = (list: readonly RuleDiagnostic[], severity: string): string[] =>
      list
        .filter((one) => one.severity === severity)
        .map(({ code, message }) =>
          message.startsWith("Cannot read on after a whole") ? code : `${code} ${message}`,
        );
    assert.deepEqual(
      rows.map((row) => [
        row.name,
        loadFiles(row.rules).files.map(({ ok, diagnostics }) => ({
          ok,
          errors: pick(diagnostics, "error"),
          warnings: pick(diagnostics, "warning"),
        })),
      ]),
      rows.map((row) => [
        row.name,
        row.falco.load_results?.map(({ successful, errors, warnings }) => ({
          ok: successful,
          errors: errors.map(words),
          warnings: warnings.map(words),
        })),
      ]),
    );
    assert.equal(rows.length, 17);
  },
);

test(
  "loadRules() loads what every capture test uses",
  {
    skip: sharedDataMissing("falco/tests/capture_tests.ndjson"),
  },
  () => {
    const rows = sharedRows<LoadRow>("falco/tests/capture_tests.ndjson");
    const failed = rows.filter((row) => !loadFiles(row.rules).ok);
    assert.deepEqual(failed, []);
    assert.equal(rows.length, 68);
  },
);

test(
  "loadRules() loads Falco's default rules without a remark",
  {
    skip: sharedDataMissing("falco/rules"),
  },
  () => {
    const files = ["falco_rules", "falco-incubating_rules", "falco-sandbox_rules"].map((name) => {
      const path = sharedData(`falco/rules/${name}.yaml`) ?? "";
      return { name: `${name}.yaml`, text: readFileSync(path, "utf8") };
    });
    const result = loadRules(files);
    assert.deepEqual(
      result.files.map(({ file, ok, diagnostics }) => ({ file, ok, diagnostics })),
      files.map(({ name }) => ({ file: name, ok: true, diagnostics: [] })),
    );
    assert.equal(result.rules.length, 93);
  },
);
