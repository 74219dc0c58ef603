import assert from "node:assert/strict";
import { test } from "node:test";

import { assert as check, integer, property, string } from "fast-check";

import { compile } from "../compile.ts";
import { randomProgram } from "../testing/random-program.ts";
import { parseIr } from "./parse.ts";
import { printIr } from "./print.ts";

function roundTrip(text: string): string {
  const read = parseIr(text);
  assert.deepEqual(read.diagnostics, []);
  return read.ok ? printIr(read.value) : "";
}

test("parseIr() reads what printIr() writes of random programs", () => {
  check(
    property(integer({ min: 1, max: 1_000_000 }), (seed) => {
      const compiled = compile(randomProgram(seed, true).source);
      if (!compiled.ok) return;
      for (const { ir } of compiled.value.programs) assert.equal(roundTrip(ir), ir);
    }),
    { numRuns: 25 },
  );
});

test("parseIr() reads every instruction of the language", () => {
  const text = `program all {
  slot 0: 16 bytes
b0:
  %0 = load32 context + 8
  %1 = load64 parameter 1 + -8 ; task_struct.real_parent.pids.0.pid
  %2 = core field_exists 1 ; task_struct.pid
  %3 = zext8 %0
  %4 = sext32 %1
  %5 = swap16 %3
  store8 slot 0 + 3, %5
  store64 slot 0 + 8, -1
  %8 = data .rodata + 24
  %9 = call map_lookup_elem(map hits, slot 0)
  %10 = function @again
  %11 = call @again(context, %10, 5)
  if %9 != 0 then b1 else b2
b1:
  %12 = nonnull %9
  atomic.add64 %12 + 0, %11
  jump b2
b2:
  %14 = phi b0: 7, b1: %4
  %15 = sub32 %14, %2
  %16 = sar64 %15, 3
  if %16 s>= %8 then b0x else b3
b3:
  return %16
}
`
    .replace("b0x", "b4")
    .replace("}\n", "b4:\n  return 0\n}\n");
  assert.equal(roundTrip(text), text);
});

test("parseIr() says what is wrong with a text, and where", () => {
  const text = "program p {\nb0:\n  %0 = load24 context + 0\n  %1 = add64 %9, 1\n  jump b7\n}\n";
  const { ok, diagnostics } = parseIr(text);
  assert.equal(ok, false);
  assert.deepEqual(
    diagnostics.map(({ span, message }) => `${span.offset}: ${message}`),
    [
      "16: Cannot read this line: there is no such instruction",
      "0: Cannot read this line: block b7 has no end",
      "0: Cannot read this line: nothing makes %9",
    ],
  );
});

test("parseIr() gives diagnostics instead of throwing on any text", () => {
  check(
    property(string({ maxLength: 80 }), (text) => {
      assert.equal(typeof parseIr(`program p {\nb0:\n  ${text}\n}\n`).ok, "boolean");
    }),
    { numRuns: 300 },
  );
});
