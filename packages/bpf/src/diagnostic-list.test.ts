import assert from "node:assert/strict";
import { test } from "node:test";

import { errorAt, failure, formatDiagnostic, warningAt, type Diagnostic } from "./diagnostic.ts";
import { addDiagnostic, createDiagnosticList, listDiagnostics } from "./diagnostic-list.ts";

const at = (offset: number): { offset: number; length: number } => ({ offset, length: 1 });

test("createDiagnosticList() keeps a limited number and says how many it left out", () => {
  const list = createDiagnosticList(2);
  for (let i = 0; i < 5; i += 1) addDiagnostic(list, errorAt("x-bad", at(i), `Cannot read ${i}`));
  assert.deepEqual(listDiagnostics(list).map(formatDiagnostic), [
    "error[x-bad] at byte 0: Cannot read 0",
    "error[x-bad] at byte 1: Cannot read 1",
    "error[diagnostics-left-out] at byte 2: Cannot list every problem: 3 more were found from here on. " +
      "Correct those above first: often one is the cause of the others",
  ]);
  assert.deepEqual([list.found, list.errors], [5, 5]);
});

test("createDiagnosticList() keeps the first error behind any number of warnings", () => {
  const list = createDiagnosticList(1);
  for (let i = 0; i < 3; i += 1) addDiagnostic(list, warningAt("x-odd", at(i), `Odd ${i}`));
  addDiagnostic(list, errorAt("x-bad", at(3), "Cannot read 3"));
  assert.deepEqual(
    listDiagnostics(list).map(({ code, severity }) => `${severity} ${code}`),
    ["warning x-odd", "error x-bad", "warning diagnostics-left-out"],
  );
});

test("failure() takes any number of diagnostics", () => {
  const many: Diagnostic[] = Array.from({ length: 300_000 }, (_, i) => errorAt("x-bad", at(i), ""));
  assert.equal(failure(many).diagnostics.length, 300_000);
});
