import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { compileRegex } from "./compile-regex.ts";

function fits(pattern: string, text: string): boolean | string {
  const matcher = compileRegex(pattern);
  return typeof matcher === "function" ? matcher(text) : matcher.message;
}

test("compileRegex() matches whole texts only", () => {
  assert.deepEqual(
    ["cat", "cats", "a cat", ""].map((text) => fits("cat", text)),
    [true, false, false, false],
  );
  assert.deepEqual([fits("", ""), fits("", "a")], [true, false]);
});

test("compileRegex() knows choices, repetitions, sets and groups", () => {
  const pattern = "^/(etc|usr)/[a-z_]+([0-9]{2,3}|x?)\\.(conf|d)$";
  assert.deepEqual(
    ["/etc/a12.conf", "/usr/a_b.d", "/etc/ax.d", "/etc/a1.conf", "/etc/a1234.d", "/var/a.d"].map(
      (text) => fits(pattern, text),
    ),
    [true, true, true, false, false, false],
  );
});

test("compileRegex() knows POSIX classes, escapes and brackets in sets", () => {
  assert.deepEqual(
    [
      fits("[[:alpha:]]+[[:digit:]]", "ab1"),
      fits("[[:^alpha:]]", "1"),
      fits("[^[:space:]]+", "a b"),
      fits("[]a]+", "]a]"),
      fits("[^]a]", "]"),
      fits("[a-]", "-"),
      fits("\\x41\\x{1F41D}\\t\\.", "A\u{1f41d}\t."),
      fits("a{2}b{0,1}c{1,}", "aacc"),
      fits("a{,2}", "a{,2}"),
      fits(".", "\u{1f41d}"),
    ],
    [true, true, false, true, false, true, true, true, true, true],
  );
});

test("compileRegex() lets ^ and $ hold at line ends, and . take no line end", () => {
  assert.deepEqual(
    [fits("a$\n^b", "a\nb"), fits("a.b", "a\nb"), fits("a[^x]b", "a\nb"), fits("a^b", "ab")],
    [true, false, true, false],
  );
});

test("compileRegex() refuses what RE2 refuses in POSIX syntax", () => {
  assert.deepEqual(
    ["(", "a)", "[a", "*a", "(?:a)", "\\d", "\\", "[z-a]", "[[:nope:]]", "a{2,1}", "a{1001}"].map(
      (pattern) => fits(pattern, ""),
    ),
    [
      "missing ): (",
      "unexpected ): a)",
      "missing ]: [a",
      "no argument for repetition operator: *",
      "no argument for repetition operator: ?",
      "invalid escape sequence: \\d",
      "trailing \\ at end of regexp",
      "invalid character class range: z-a",
      "invalid character class range: [:nope:]",
      "invalid repetition size: {2,1}",
      "invalid repetition size: {1001}",
    ],
  );
  assert.equal(
    fits("((a{100}){100}){100}", ""),
    "pattern too large - compile failed: ((a{100}){100}){100}",
  );
  assert.equal(fits("(".repeat(1000), ""), "nesting too deep");
  assert.equal(fits(`a${"*".repeat(1000)}`, ""), "nesting too deep");
});

test("compileRegex() needs linear time where backtracking would never end", () => {
  const text = "a".repeat(20_000);
  const start = performance.now();
  assert.deepEqual(
    [
      fits("(a*)*b", text),
      fits("(a|a)*c", text),
      fits("(a?){30}a{30}", "a".repeat(30)),
      fits("((((){1000}){1000}){1000}){1000}", ""),
      fits("a*".repeat(1000), "b"),
    ],
    [false, false, true, true, false],
  );
  // 60,000 steps of a few states each; a backtracking engine takes 2^20000.
  assert.ok(performance.now() - start < 5000);
});

const atom = fc.constantFrom(
  "a",
  "b",
  "[ab]",
  "[^a]",
  ".",
  "(a|b)",
  "(ab|)",
  "(a*b)",
  "\\.",
  "(b)",
);
const pattern = fc
  .array(
    fc
      .tuple(atom, fc.constantFrom("", "*", "+", "?", "{0,2}", "{2}"))
      .map((parts) => parts.join("")),
    { maxLength: 5 },
  )
  .map((parts) => parts.join(""));

test("compileRegex() agrees with the JavaScript engine where both know the syntax", () => {
  fc.assert(
    fc.property(
      fc.array(pattern, { minLength: 1, maxLength: 3 }).map((all) => all.join("|")),
      fc.string({ unit: fc.constantFrom("a", "b", ".", "c"), maxLength: 8 }),
      (source, text) => {
        assert.equal(fits(source, text), new RegExp(`^(?:${source})$`, "u").test(text));
      },
    ),
    { numRuns: 2000 },
  );
});

test("compileRegex() never throws", () => {
  const pieces = fc.constantFrom(
    ..."a ( ) [ ] { } * + ? | ^ $ \\ - : [: 1 , . {2} \\x \u{1f41d}".split(" "),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(pieces, { maxLength: 20 }).map((all) => all.join("")),
        fc.string(),
      ),
      (source) => {
        fits(source, "aab");
      },
    ),
    { numRuns: 2000 },
  );
});
