import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { createBtfBuilder } from "../btf/build.ts";
import { readBtf } from "../btf/read.ts";
import { essentialName } from "./essential-name.ts";
import { flavouredNames } from "./flavours.ts";

function namesIn(names: readonly string[]): string[] {
  const builder = createBtfBuilder();
  for (const name of names) builder.add({ kind: "float", name, size: 8 });
  const built = readBtf(builder.write());
  assert.ok(built.ok);
  return flavouredNames(built.value).map(({ name, suffix }) => `${name}|${suffix}`);
}

test("flavouredNames() finds the strings with a flavour", () => {
  const names = ["a___b", "plain", "____b", "x____y", "nf_conn___init", "___", "c___d___e"];
  assert.deepEqual(namesIn(names), ["a|___b", "nf_conn|___init", "c___d|___e"]);
});

test("flavouredNames() finds what essentialName() would cut, wherever it lies", () => {
  const name = fc.string({
    minLength: 1,
    maxLength: 12,
    unit: fc.constantFrom("a", "b", "_", "__", "___"),
  });
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 8 }), (names) => {
      const expected = names
        .filter((name) => essentialName(name) !== name)
        .map((name) => `${essentialName(name)}|${name.slice(essentialName(name).length)}`);
      assert.deepEqual(namesIn(names), expected);
    }),
  );
});
