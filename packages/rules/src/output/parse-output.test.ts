import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { parseOutput } from "./parse-output.ts";

/** Parts in short: texts quoted, values as kind:source:width. */
function parts(text: string): string[] | string {
  const parsed = parseOutput(text);
  if (!parsed.ok)
    return `${parsed.unknown ? "unknown" : "wrong"} at ${parsed.offset}: ${parsed.message}`;
  return parsed.parts.map((part) =>
    part.kind === "text"
      ? JSON.stringify(part.text)
      : `${part.value.kind}:${part.source}:${part.width}`,
  );
}

test("parseOutput() tells text from fields, arguments, widths and transformers", () => {
  assert.deepEqual(parts("*%proc.name [%12fd.name] %proc.aname[2]%evt.arg.flags 100%%"), [
    "field:proc.name:0",
    '" ["',
    "field:fd.name:12",
    '"] "',
    "field:proc.aname[2]:0",
    "field:evt.arg.flags:0",
    '" 100%"',
  ]);
  assert.deepEqual(parts("%toupper(tolower(proc.name))!"), [
    "transformer:toupper(tolower(proc.name)):0",
    '"!"',
  ]);
});

test("parseOutput() ends a field where its name ends", () => {
  assert.deepEqual(parts("user %user.name. file=%fd.name.txt"), [
    '"user "',
    "field:user.name:0",
    '". file="',
    "field:fd.name:0",
    '".txt"',
  ]);
});

test("parseOutput() refuses what is no field, and says where", () => {
  assert.deepEqual(
    ["a %b", "100%", "%proc.nobody", "%proc.name[", "%tolower(x)", "%evt.arg"].map(parts),
    [
      "unknown at 3: invalid formatting token b",
      "unknown at 4: invalid formatting token ",
      "unknown at 1: invalid formatting token proc.nobody",
      "wrong at 1: Cannot read what stands in brackets: the condition ends",
      'wrong at 1: Cannot read the arguments of tolower(): found "x)"',
      "unknown at 1: invalid formatting token evt.arg",
    ],
  );
});

test("parseOutput() gives a text without percent signs back, and never throws", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parsed = parseOutput(text);
      if (text.includes("%") || text === "" || text.startsWith("*")) return;
      assert.deepEqual(parsed, { ok: true, parts: [{ kind: "text", text }] });
    }),
  );
});
