import assert from "node:assert/strict";
import { test } from "node:test";

import { formatDiagnostic } from "../diagnostic.ts";
import { checkInstruction } from "./check.ts";
import { parseAssembly } from "./parse.ts";
import { resolveReferences } from "./resolve.ts";

/** What is said about the names in a listing. */
function complaints(text: string): string[] {
  const parsed = parseAssembly(text);
  assert.ok(parsed.ok);
  return resolveReferences(parsed.value).diagnostics.map(formatDiagnostic);
}

const FAILURES: readonly [what: string, text: string, says: string][] = [
  [
    "two labels of one name",
    "main: r0 = 0; out: r0 = 1; out: exit",
    'error[asm-duplicate-label] at byte 16: Cannot resolve label "out": a second one is at slot 2. Give every instruction a symbol of its own',
  ],
  [
    "two functions of one name",
    "main: call add; call add; exit; add: r0 = 0; exit; add: r0 = 1; exit",
    'error[asm-duplicate-function] at byte 40: Cannot resolve function "add": a second one is at slot 5. Give every instruction a symbol of its own',
  ],
  [
    "a jump to nowhere",
    "main: r0 = 0; goto out; exit",
    'error[asm-undefined-label] at byte 8: Cannot resolve label "out" at slot 1: no instruction of its function carries that symbol. Give the target instruction that symbol',
  ],
  [
    "a call of a function that is elsewhere",
    "main: call add; exit",
    'error[asm-undefined-function] at byte 0: Cannot resolve function "add" at slot 0: no instruction carries that symbol. Link the function into the program first',
  ],
];

for (const [what, text, says] of FAILURES)
  test(`a diagnostic says what is wrong with ${what}`, () => {
    assert.deepEqual(complaints(text), [says]);
  });

test("a diagnostic says what is wrong with a field that an opcode does not use", () => {
  const problem = checkInstruction({ opcode: 0x95, dst: 0, src: 0, offset: 0, imm: 7 }, 3);
  assert.equal(
    problem === undefined ? "" : formatDiagnostic(problem),
    "error[asm-reserved-field] at byte 24: Cannot execute the instruction at slot 3: its imm is 7. Opcode 0x95 does not use it: set it to 0",
  );
});
