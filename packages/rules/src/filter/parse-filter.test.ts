import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import type { FilterNode } from "./ast.ts";
import { parseFilter, RULE_DEPTH } from "./parse-filter.ts";
import { placeInFilter } from "./place.ts";
import { describeFilter, printFilter } from "./print-filter.ts";

function tree(text: string): unknown {
  const result = parseFilter(text);
  return result.ok ? bare(result.value) : result.diagnostics;
}

/** A tree without its spans. */
function bare(node: FilterNode): unknown {
  return JSON.parse(
    JSON.stringify(node, (key, value: unknown) => (key === "span" ? undefined : value)),
  );
}

function refusal(text: string): string {
  const result = parseFilter(text);
  if (result.ok) return "accepted";
  return result.diagnostics
    .map(({ code, span, message, hint }) => `${code} at ${span.offset}: ${message}. ${hint}`)
    .join("\n");
}

test("parseFilter() gives every part its place in the text", () => {
  const text = "not proc.aname[2] in (a, 'b c') or shell";
  const result = parseFilter(text);
  const parts: string[] = [];
  JSON.stringify(
    result.ok ? result.value : undefined,
    function (this: unknown, key, value: unknown) {
      if (key === "span") {
        const { kind } = this as { kind: string };
        const { offset, length } = value as { offset: number; length: number };
        parts.push(`${kind}: ${text.slice(offset, offset + length)}`);
      }
      return value;
    },
  );
  assert.deepEqual(parts, [
    "or: not proc.aname[2] in (a, 'b c') or shell",
    "not: not proc.aname[2] in (a, 'b c')",
    "compare: proc.aname[2] in (a, 'b c')",
    "field: proc.aname[2]",
    "list: (a, 'b c')",
    "text: a",
    "text: 'b c'",
    "macro: shell",
  ]);
});

test("parseFilter() reads transformers, their lists and their index", () => {
  const field = (name: string): unknown => ({ kind: "field", name });
  assert.deepEqual(tree(`concat((proc.name, "-", 5)) = getopt(proc.args, "n:")[n]`), {
    kind: "compare",
    left: {
      kind: "transformer",
      name: "concat",
      arguments: [
        {
          kind: "argument-list",
          items: [field("proc.name"), { kind: "text", value: "-" }, { kind: "number", value: "5" }],
        },
      ],
    },
    operator: "=",
    right: {
      kind: "transformer",
      name: "getopt",
      arguments: [field("proc.args"), { kind: "text", value: "n:" }],
      index: "n",
    },
  });
});

test("parseFilter() tells a field on the right from its name as text", () => {
  const compare = (right: unknown): unknown => ({
    kind: "compare",
    left: { kind: "field", name: "a.b" },
    operator: "=",
    right,
  });
  assert.deepEqual(
    tree("a.b = val(c.d[1])"),
    compare({ kind: "value", field: { kind: "field", name: "c.d", argument: "1" } }),
  );
  assert.deepEqual(tree("a.b = c.d"), compare({ kind: "text", value: "c.d" }));
});

test("parseFilter() takes oneof, anyof and allof for modifiers only before a list or a name", () => {
  const printed = (text: string): string => {
    const result = parseFilter(text);
    return result.ok ? JSON.stringify(bare(result.value)) : refusal(text);
  };
  const left = '"left":{"kind":"field","name":"a.b"},"operator":"="';
  assert.deepEqual(["a.b = oneof (x)", "a.b = allof names", "a.b = anyof"].map(printed), [
    `{"kind":"compare",${left},"right":{"kind":"list","items":[{"kind":"text","value":"x"}]},"modifier":"oneof"}`,
    `{"kind":"compare",${left},"right":{"kind":"name","name":"names"},"modifier":"allof"}`,
    `{"kind":"compare",${left},"right":{"kind":"text","value":"anyof"}}`,
  ]);
});

test("parseFilter() folds runs of not", () => {
  assert.deepEqual(tree("not not not a"), { kind: "not", child: { kind: "macro", name: "a" } });
  assert.deepEqual(tree("not not(not(a))"), { kind: "not", child: { kind: "macro", name: "a" } });
  assert.deepEqual(tree("not (not a)"), {
    kind: "not",
    child: { kind: "not", child: { kind: "macro", name: "a" } },
  });
});

test("parseFilter() reads escapes, and a backslash from backslash-blank", () => {
  assert.deepEqual(tree(String.raw`a.b = "\b\f\n\r\t\\\/\" \ "`), {
    kind: "compare",
    left: { kind: "field", name: "a.b" },
    operator: "=",
    right: { kind: "text", value: '\b\f\n\r\t\\/" \\' },
  });
});

test("parseFilter() says what is wrong, where, and what would be right", () => {
  assert.deepEqual(
    [
      "",
      "a andb",
      "a b",
      "(a",
      "proc.name ~ x",
      "proc.pid > many",
      "proc.name = ",
      "proc.name in 1",
      "proc.name in (a,)",
      "proc.name in (a b)",
      'proc.name = "\\q"',
      `proc.name = "it\\'s"`,
      "proc.aname[] = x",
      "proc.aname[2 = x",
      "proc.name = val(5)",
      "proc.name = val(a.b",
      "tolower(name) = x",
      "len(a.b exists",
      "concat((a)) = x",
      "concat((a.b c.d)) = x",
      "= 1",
    ].map(refusal),
    [
      "filter-empty at 0: Cannot read the condition: it is empty. Give a condition",
      'filter-word-end at 5: Cannot read on after "and": found "b". Put a blank or "(" after "and"',
      'filter-trailing at 2: Cannot read on after a whole condition: found "b". Join conditions by "and" or "or"; quote what holds blanks, parentheses, commas or "="',
      'filter-parenthesis-open at 2: Cannot read a condition in parentheses: ")" must follow, the condition ends. Close the parenthesis, or join conditions by "and" or "or"',
      'filter-operator at 10: Cannot read a check: an operator must follow the field, found "~ x". Use exists, <=, <, >=, >, ==, =, !=, glob, iglob, contains, icontains, bcontains, startswith, bstartswith, endswith, regex, intersects, in, pmatch; a blank must follow an operator that is a word',
      'filter-number at 11: Cannot read a check: a number must follow the operator, found "many". To compare with another field write val(field) or a transformer',
      "filter-text at 12: Cannot read a check: a text must follow the operator, the condition ends. Close every quote. To compare with another field write val(field) or a transformer",
      'filter-list at 13: Cannot read a check: a list must follow the operator, found "1". Write the values in parentheses, or the name of a list. To compare with another field write val(field) or a transformer',
      'filter-list-item at 16: Cannot read a list: a value must follow the comma, found ")". Remove the comma, or give the missing value',
      'filter-list-open at 16: Cannot read a list: a comma or ")" must follow, found "b)". Separate values by commas, quote what holds blanks or parentheses, close the parenthesis',
      'filter-escape at 16: Cannot read the escape \\q in a text quoted with ". Use \\b \\f \\n \\r \\t \\\\ \\/ or \\"; write \\\\ for one backslash',
      `filter-escape at 19: Cannot read the escape \\' in a text quoted with ". Use \\b \\f \\n \\r \\t \\\\ \\/ or \\"; write \\\\ for one backslash`,
      'filter-index at 11: Cannot read what stands in brackets: found "] = x". Give a quoted text, or one without blanks, quotes and brackets',
      'filter-index-open at 12: Cannot read what stands in brackets: a "]" must follow, found " = x". Close the bracket; quote what holds blanks or brackets',
      'filter-value-field at 16: Cannot read val(): a field must stand inside, found "5)". Write val(proc.pname), or put the transformer in place of val()',
      'filter-transformer-open at 19: Cannot read val(): a ")" must close it, the condition ends. Close the parenthesis after the last argument',
      'filter-transformer-argument at 8: Cannot read the arguments of tolower(): found "name) = x". Give a field, a transformer, a quoted text, a number, or a list of these in parentheses',
      'filter-transformer-open at 8: Cannot read len(): a ")" must close it, found "exists". Close the parenthesis after the last argument',
      'filter-list-argument at 8: Cannot read a list of arguments: found "a)) = x". Give fields, transformers, quoted texts or numbers, with commas between them',
      'filter-list-open at 12: Cannot read a list of arguments: a ")" must close it, found "c.d)) = x". Close the parenthesis after the last item',
      'filter-condition at 0: Cannot read a condition: found "= 1". Give a field and an operator, the name of a macro, or a condition in parentheses',
    ],
  );
});

test("parseFilter() refuses what nests too deep and reads all that does not", () => {
  const nest = (depth: number): string => "(".repeat(depth) + "a" + ")".repeat(depth);
  const wrap = (depth: number): string => `${"len(".repeat(depth)}a.b${")".repeat(depth)} exists`;
  assert.equal(
    refusal(nest(100)),
    "filter-too-deep at 100: Cannot read the condition as it nests deeper than 100 levels. Move inner parts to macros",
  );
  assert.equal(
    refusal(wrap(100)),
    "filter-too-deep at 400: Cannot read the condition as it nests deeper than 100 levels. Move inner parts to macros",
  );
  assert.deepEqual(tree(nest(99)), { kind: "macro", name: "a" });
  assert.equal(parseFilter(nest(RULE_DEPTH - 1), RULE_DEPTH).ok, true);
  assert.equal(parseFilter("not ".repeat(100_000) + "a").ok, true);
});

test("placeInFilter() counts lines at line feeds and carriage returns", () => {
  assert.deepEqual(placeInFilter("a\nb\rc d", 6), { offset: 6, line: 3, column: 3 });
  assert.deepEqual(placeInFilter("", 0), { offset: 0, line: 1, column: 1 });
});

const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/);
const text = fc.record({
  kind: fc.constant("text" as const),
  value: fc.oneof(
    word,
    fc.string({ unit: "binary-ascii" }),
    fc.constantFrom("oneof", "\\", 'a"\\'),
  ),
});
const number = fc.record({
  kind: fc.constant("number" as const),
  value: fc.constantFrom("0", "+7", "-0.5", "5.", "1e+3", "0x1F"),
});
const fieldName = fc.tuple(word, word).map((parts) => parts.join("."));
const field = fc.oneof(
  fc.record({ kind: fc.constant("field" as const), name: fieldName }),
  fc.record({
    kind: fc.constant("field" as const),
    name: fieldName,
    argument: fc.string({ unit: "binary-ascii" }),
  }),
);
const { filter } = fc.letrec<{ filter: unknown; left: unknown }>((tie) => ({
  left: fc.oneof(
    { maxDepth: 3 },
    field,
    fc.record({
      kind: fc.constant("transformer"),
      name: fc.constantFrom("tolower", "b64", "len", "join", "getopt"),
      arguments: fc.array(
        fc.oneof(
          tie("left"),
          text,
          number,
          fc.record({
            kind: fc.constant("argument-list"),
            items: fc.array(fc.oneof(tie("left"), text, number), { maxLength: 3 }),
          }),
        ),
        { minLength: 1, maxLength: 2 },
      ),
    }),
  ),
  filter: fc.oneof(
    { maxDepth: 4 },
    fc.record({ kind: fc.constant("macro"), name: word }),
    fc.record({ kind: fc.constant("exists"), left: tie("left") }),
    fc.record({
      kind: fc.constant("compare"),
      left: tie("left"),
      operator: fc.constantFrom("=", "==", "!=", "glob", "startswith", "regex"),
      right: fc.oneof(text, tie("left").filter(isTransformer)),
    }),
    fc.record({
      kind: fc.constant("compare"),
      left: tie("left"),
      operator: fc.constantFrom("=", "contains", "endswith"),
      right: fc.record({ kind: fc.constant("list"), items: fc.array(text, { maxLength: 3 }) }),
      modifier: fc.constantFrom("oneof", "anyof", "allof"),
    }),
    fc.record({
      kind: fc.constant("compare"),
      left: tie("left"),
      operator: fc.constantFrom("in", "intersects", "pmatch"),
      right: fc.oneof(
        fc.record({ kind: fc.constant("list"), items: fc.array(text, { maxLength: 3 }) }),
        fc.record({ kind: fc.constant("name"), name: word }),
        fc.record({ kind: fc.constant("value"), field }),
      ),
    }),
    fc.record({
      kind: fc.constant("compare"),
      left: tie("left"),
      operator: fc.constantFrom("<", "<=", ">", ">="),
      right: number,
    }),
    fc.record({ kind: fc.constant("not"), child: tie("filter") }),
    fc.record({
      kind: fc.constantFrom("and", "or"),
      children: fc.array(tie("filter"), { minLength: 2, maxLength: 3 }),
    }),
  ),
}));

function isTransformer(node: unknown): boolean {
  return (node as { kind: string }).kind === "transformer";
}

test("printFilter() writes any tree so that parseFilter() gives it back", () => {
  fc.assert(
    fc.property(filter, (node) => {
      // The generator makes whole trees but for their spans, which printing does not read.
      assert.deepEqual(tree(printFilter(node as FilterNode)), JSON.parse(JSON.stringify(node)));
    }),
    { numRuns: 500 },
  );
});

test("parseFilter() never throws, and points into the text", () => {
  const pieces = fc.constantFrom(
    ..."( ) [ ] , = == != < not and or in exists oneof proc.name a.b tolower( val( \" ' \\ 0x1 7 x".split(
      " ",
    ),
    " ",
    "\n",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(pieces).map((all) => all.join(" ")),
        fc.string(),
      ),
      (input) => {
        const result = parseFilter(input);
        if (result.ok) describeFilter(result.value);
        else
          for (const { span } of result.diagnostics)
            assert.ok(span.offset >= 0 && span.offset + span.length <= input.length);
      },
    ),
    { numRuns: 2000 },
  );
});
