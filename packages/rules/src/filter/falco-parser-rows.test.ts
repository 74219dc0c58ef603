import assert from "node:assert/strict";
import { test } from "node:test";

import { sharedDataMissing, sharedRows } from "@ocelli/testkit";

import { parseFilter } from "./parse-filter.ts";
import { placeInFilter } from "./place.ts";
import { describeFilter, printFilter } from "./print-filter.ts";

interface Row {
  readonly input: string;
  readonly ok: boolean;
  readonly ast?: string;
  readonly pos?: readonly [number, number, number];
}

function answer(input: string): string {
  const result = parseFilter(input);
  if (result.ok) return describeFilter(result.value);
  const place = placeInFilter(input, result.diagnostics[0]?.span.offset ?? -1);
  return `refused at ${place.offset}, line ${place.line}, column ${place.column}`;
}

function expected(row: Row): string | undefined {
  if (row.ok) return row.ast;
  const [offset, line, column] = row.pos ?? [];
  return `refused at ${offset}, line ${line}, column ${column}`;
}

for (const [name, count] of [
  ["filter_parser", 284],
  ["filter_parser_more", 744],
] as const) {
  const path = `falco/${name}.ndjson`;
  const skip = sharedDataMissing(path);

  test(
    `parseFilter() gives Falco's tree or place of error for every row of ${name}`,
    { skip },
    () => {
      const rows = sharedRows<Row>(path);
      const got = rows.map((row) => `${row.input} => ${answer(row.input)}`);
      assert.deepEqual(
        got,
        rows.map((row) => `${row.input} => ${expected(row)}`),
      );
      assert.equal(rows.length, count);
    },
  );

  test(`printFilter() reads back as the same tree for every row of ${name}`, { skip }, () => {
    for (const { input } of sharedRows<Row>(path)) {
      const result = parseFilter(input);
      if (result.ok) assert.equal(answer(printFilter(result.value)), describeFilter(result.value));
    }
  });
}
