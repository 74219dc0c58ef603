import assert from "node:assert/strict";
import { test } from "node:test";

import { sharedDataMissing, sharedRows } from "@ocelli/testkit";

import { parseFilter } from "../filter/parse-filter.ts";
import { checkCondition } from "./check-condition.ts";

interface Row {
  readonly id: string;
  readonly condition: string;
  readonly ok: boolean;
  readonly errors: readonly (readonly [string, string])[];
  readonly warnings: readonly (readonly [string, string])[];
}

const CODES: Readonly<Record<string, string>> = {
  deprecated: "LOAD_DEPRECATED_ITEM",
  regex: "LOAD_COMPILE_CONDITION",
};

/** Errors of the parser have their own words; where Falco ends, a diagnostic is right. */
function answer({ condition }: Row): { errors: string[]; warnings: string[] } {
  const parsed = parseFilter(condition);
  if (!parsed.ok) return { errors: ["parser"], warnings: [] };
  const findings = checkCondition(parsed.value);
  const errors = findings.filter(({ severity }) => severity === "error");
  const warnings = findings.filter(({ severity }) => severity === "warning");
  return {
    errors: errors.map(({ message }) => message),
    warnings: warnings.map(({ kind, message }) => `${CODES[kind]} ${message}`),
  };
}

function expected({ errors, warnings }: Row): { errors: string[]; warnings: string[] } {
  const ofParser = /^(?:expected a |unexpected token|unsupported string escape)/;
  return {
    errors: errors.map(([, message]) => (ofParser.test(message) ? "parser" : message)),
    warnings: warnings.map(([code, message]) => `${code} ${message}`),
  };
}

test(
  "checkCondition() agrees with every row of filter_compile",
  {
    skip: sharedDataMissing("falco/filter_compile.ndjson"),
  },
  () => {
    const rows = sharedRows<Row>("falco/filter_compile.ndjson");
    assert.deepEqual(
      rows.map((row) => ({ condition: row.condition, ...answer(row) })),
      rows.map((row) => ({ condition: row.condition, ...expected(row) })),
    );
    assert.equal(rows.length, 1005);
  },
);
