import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { explainVerdict } from "./verifier-reason.ts";

interface Row {
  readonly id: string;
  readonly messages?: readonly { readonly kernels: readonly string[]; readonly text: string }[];
}

const matrix = join(import.meta.dirname, "../../../../../shared/data/verifier-matrix.json");

test(
  "explainVerdict() knows every message of every measured kernel",
  {
    skip: existsSync(matrix) ? false : "the matrix of verifier messages is not here",
  },
  () => {
    const { tests } = JSON.parse(readFileSync(matrix, "utf8")) as { tests: readonly Row[] };
    const unknown = tests.flatMap(({ id, messages = [] }) =>
      messages
        .filter(({ text }) => explainVerdict([text]).hint === "")
        .map(({ text }) => `${id}: ${text}`),
    );
    assert.deepEqual(unknown, []);
  },
);
