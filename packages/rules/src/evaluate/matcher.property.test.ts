import assert from "node:assert/strict";
import { test } from "node:test";

import { createMemoryProvider, type MemoryEvent } from "@ocelli/event";
import * as fc from "fast-check";

import { eventTypesOf } from "../check/event-types.ts";
import { explainCondition } from "../explain/explain-condition.ts";
import { parseFilter } from "../filter/parse-filter.ts";
import { createMatcher } from "./matcher.ts";

const KINDS = ["", "openat", "", "execve", "procexit"];
const provider = createMemoryProvider(KINDS);

const text = fc.constantFrom("a", "b", "ab", "abc", "/a/b");
const name = fc.constantFrom("proc.name", "fd.name", "tolower(proc.name)", "proc.aname[1]");
const check = fc.oneof(
  fc
    .tuple(name, fc.constantFrom("=", "!=", "contains", "startswith", "endswith", "glob"), text)
    .map((parts) => parts.join(" ")),
  fc
    .tuple(
      name,
      fc.constantFrom("in", "pmatch", "= anyof", "contains allof"),
      fc.array(text, { maxLength: 4 }),
    )
    .map(([field, operator, values]) => `${field} ${operator} (${values.join(", ")})`),
  fc
    .tuple(fc.constantFrom("<", "<=", ">", ">=", "=", "!="), fc.integer({ min: -1, max: 3 }))
    .map(([operator, limit]) => `proc.pid ${operator} ${limit}`),
  fc.constantFrom(
    "evt.type = openat",
    "evt.type in (execve, openat)",
    "evt.type != execve",
    "evt.dir = <",
    "proc.name exists",
    "evt.is_open_read = true",
    "proc.aname = b",
    "fd.port in (1, 2)",
    "fd.name = val(proc.name)",
  ),
);
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    check,
    tie("condition").map((inner) => `not (${inner})`),
    fc
      .tuple(
        fc.constantFrom(" and ", " or "),
        fc.array(tie("condition"), { minLength: 2, maxLength: 4 }),
      )
      .map(([word, parts]) => parts.map((part) => `(${part})`).join(word)),
  ),
}));
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });
const event = fc
  .record({
    type: fc.constantFrom(1, 3, 4),
    "proc.name": maybe(fc.oneof(text, fc.constant("AB"))),
    "fd.name": maybe(text),
    "proc.aname[1]": maybe(text),
    "proc.aname": maybe(fc.array(text, { maxLength: 2 })),
    "fd.port": maybe(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 })),
    "proc.pid": maybe(fc.integer({ min: -1, max: 3 })),
    "evt.is_open_read": maybe(fc.boolean()),
  })
  .map(({ type, ...fields }): MemoryEvent => ({
    type,
    source: "syscall",
    number: 1,
    timeNs: 0n,
    fields: { ...fields, "evt.type": KINDS[type] },
  }));

test("match() finds what looking at every rule from the root finds, in both modes", () => {
  fc.assert(
    fc.property(
      fc.array(condition, { minLength: 1, maxLength: 12 }),
      fc.array(event, { minLength: 1, maxLength: 6 }),
      (conditions, events) => {
        const rules = conditions.map((one) => {
          const parsed = parseFilter(one);
          assert.ok(parsed.ok, one);
          return { condition: parsed.value, eventTypes: eventTypesOf(parsed.value) };
        });
        const matchers = (["generated", "closures"] as const).map((mode) =>
          createMatcher(rules, provider, { matching: "all", mode }),
        );
        const first = createMatcher(rules, provider);
        for (const one of events) {
          const expected = rules.flatMap((rule, index) =>
            explainCondition(rule.condition, provider, one).held ? [index] : [],
          );
          for (const matcher of matchers)
            assert.deepEqual(matcher.hits.slice(0, matcher.match(one)), expected);
          assert.deepEqual(first.hits.slice(0, first.match(one)), expected.slice(0, 1));
        }
      },
    ),
    { numRuns: Number(process.env["OCELLI_RULE_RUNS"] ?? 300) },
  );
});
