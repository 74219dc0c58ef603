import assert from "node:assert/strict";
import { test } from "node:test";

import { sharedDataMissing, sharedRows } from "@ocelli/testkit";
import * as fc from "fast-check";

import { compileNameSelector, type NameSelector } from "./pattern.ts";

const NAMES =
  "cilium.io. www.cilium.io. a.b.cilium.io. subcilium.io. sub.cilium.io. subdomain.cilium.io. a.x.cilium.io. a.x.y.cilium.io. google.com. . io. _dmarc.example.com. WWW.CILIUM.IO. a_b.cilium.io.".split(
    " ",
  );

interface Row {
  readonly selector: NameSelector;
  readonly regex?: string;
  readonly match?: readonly string[];
  readonly error?: string;
}

test(
  "compileNameSelector() selects the names that Cilium selects",
  { skip: sharedDataMissing("hubble/fqdn.ndjson") },
  () => {
    for (const { selector, regex, match, error } of sharedRows<Row>("hubble/fqdn.ndjson")) {
      const compiled = compileNameSelector(selector);
      if (!compiled.ok) assert.equal(compiled.error, error);
      else {
        const { matches } = compiled.value;
        assert.deepEqual(
          { regex: compiled.value.regex, match: NAMES.filter((name) => matches(name)) },
          { regex, match },
        );
      }
    }
  },
);

test("compileNameSelector() keeps a star within its label and lets a leading pair of stars cross them", () => {
  const names = ["example.org.", "a.example.org.", "a.b.example.org.", "xa.example.org."];
  const select = (matchPattern: string): string[] => {
    const compiled = compileNameSelector({ matchPattern });
    assert.ok(compiled.ok);
    return names.filter((name) => compiled.value.matches(name));
  };
  assert.deepEqual(select("*.example.org"), ["a.example.org.", "xa.example.org."]);
  assert.deepEqual(select("**.EXAMPLE.org"), [
    "a.example.org.",
    "a.b.example.org.",
    "xa.example.org.",
  ]);
  assert.deepEqual(select("*a.example.org"), ["a.example.org.", "xa.example.org."]);
  assert.deepEqual(select("*"), names);
});

test("compileNameSelector() refuses a selector without or with both halves", () => {
  assert.deepEqual(
    [compileNameSelector({}), compileNameSelector({ matchName: "a", matchPattern: "b" })],
    [
      { ok: false, error: "one of MatchName or MatchPattern is required in an FQDNSelector" },
      { ok: false, error: "only one of MatchName or MatchPattern is allowed in an FQDNSelector" },
    ],
  );
});

test("compileNameSelector() matches what its expression matches", () => {
  const pattern = fc.string({
    unit: fc.constantFrom("a", "b", "-", ".", "*"),
    minLength: 1,
    maxLength: 8,
  });
  const name = fc.string({ unit: fc.constantFrom("a", "b", "-", "."), maxLength: 8 });
  fc.assert(
    fc.property(pattern, name, (matchPattern, text) => {
      const compiled = compileNameSelector({ matchPattern });
      assert.ok(compiled.ok);
      const { regex, matches } = compiled.value;
      assert.equal(matches(`${text}.`), new RegExp(regex).test(`${text}.`), regex);
    }),
    { numRuns: Number(process.env["OCELLI_FUZZ_RUNS"] ?? 1000) },
  );
});
