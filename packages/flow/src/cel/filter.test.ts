import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import * as fc from "fast-check";

import { FilterError } from "../filter/predicate.ts";
import { readExportLine } from "../json/read.ts";
import type { Flow } from "../proto/flow.gen.ts";
import { compileCelFilter } from "./filter.ts";

const flows = readFileSync(join(import.meta.dirname, "../../fixtures/flows.ndjson"), "utf8")
  .trim()
  .split("\n")
  .flatMap((line): Flow[] => {
    const read = readExportLine(line);
    return read.ok && read.value.responseTypes.case === "flow"
      ? [read.value.responseTypes.value]
      : [];
  });

function ask(expression: string): readonly number[] | string {
  try {
    const matches = compileCelFilter(expression);
    return flows.flatMap((flow, index) => (matches(flow) ? [index] : []));
  } catch (error) {
    if (error instanceof FilterError)
      return error.message.replace("error compiling CEL expression: ", "");
    throw error;
  }
}

const ALL = flows.map((_, index) => index);

const MATCHES: readonly (readonly [string, readonly number[]])[] = [
  ["true", ALL],
  ["_flow.verdict == Verdict.DROPPED", [2, 3]],
  ["_flow.verdict in [flow.Verdict.AUDIT, 7]", [10, 11]],
  ["_flow.l4.TCP.flags.SYN && !_flow.l4.TCP.flags.ACK", [0, 2]],
  ["_flow.l4.TCP.destination_port == 5432u || _flow.l4.UDP.destination_port == 53u", [0, 3, 4, 12]],
  ["has(_flow.l7.http) && _flow.l7.http.code >= 500u", [8]],
  ["has(_flow.is_reply) && !_flow.is_reply == false", [1, 5, 8]],
  ["_flow.is_reply == null", [2, 9, 10]],
  ["_flow.source.labels.exists(l, l.matches('app=(cart|web)$'))", [0, 2, 3, 4, 6, 7, 10, 12]],
  [
    "_flow.source.labels.all(l, l.startsWith('reserved:')) && size(_flow.source.labels) > 0",
    [5, 9],
  ],
  [
    "_flow.source.workloads.exists_one(w, w.kind == 'Deployment')",
    [0, 1, 2, 3, 4, 6, 7, 8, 10, 12],
  ],
  ["_flow.source.labels.filter(l, l.contains('tier')).size() == 1", [0, 2, 3, 4, 6, 7, 10, 12]],
  ["'api.example.org' in _flow.destination_names.map(n, n)", [6]],
  ["_flow.time > timestamp('2026-03-04T10:20:10Z') + duration('1s')", [11, 12]],
  ["_flow.time.getSeconds() == 3 && _flow.time.getMilliseconds() == 250", [3]],
  ["_flow.time.getHours('+02:00') == 12 && _flow.node_name == 'prod/beta'", [2, 3, 9, 10, 11]],
  ["_flow.l7.latency_ns / 1000000u == 12u", [5]],
  ["_flow.socket_cookie == 18446744073709551615u", [10]],
  ["{'a': 1}.a + [1, 2][1] == 3", ALL],
  ["-1 < 0 && 7 % 4 == 3 && 0x10 == 16 && 1e3 == 1000.0 && 'a' + r'\\n' == 'a\\\\n'", ALL],
  ["type(_flow.verdict) == int && type(_flow) == flow.Flow", ALL],
  // A failure on one side does not matter when the other decides; alone it is no match.
  ["[][0] == 1 || true", ALL],
  ["[][0] == 1", []],
  ["9223372036854775807 + 1 > 0", []],
  ["1 / 0 == 1", []],
  ["_flow.ip_trace_id.trace_id > 0u ? _flow.verdict == 1 : false", [6]],
];

for (const [expression, wanted] of MATCHES) {
  test(`compileCelFilter() of ${expression}`, () => {
    assert.deepEqual(ask(expression), wanted);
  });
}

const REFUSED: readonly (readonly [string, string])[] = [
  ["1 + 1", 'got "int", wanted "bool" result type'],
  ["_flow.is_reply", 'got "wrapper(bool)", wanted "bool" result type'],
  ["dyn(true)", 'got "dyn", wanted "bool" result type'],
  [
    "_flow.source.nope",
    "ERROR: <input>:1:13: undefined field 'nope'\n | _flow.source.nope\n | ............^",
  ],
  [
    "true &&\n  x.y == 1",
    "ERROR: <input>:2:3: undeclared reference to 'x' (in container 'flow')\n |   x.y == 1\n | ..^",
  ],
  [
    "_flow.verdict == 'DROPPED'",
    "ERROR: <input>:1:15: found no matching overload for '_==_' applied to '(int, string)'\n | _flow.verdict == 'DROPPED'\n | ..............^",
  ],
  [
    "_flow.Summary.startsWith(1) || 1u == 1",
    "ERROR: <input>:1:25: found no matching overload for 'startsWith' applied to 'string.(int)'\n | _flow.Summary.startsWith(1) || 1u == 1\n | ........................^\nERROR: <input>:1:35: found no matching overload for '_==_' applied to '(uint, int)'\n | _flow.Summary.startsWith(1) || 1u == 1\n | ..................................^",
  ],
  [
    "_flow.Summary.x",
    "ERROR: <input>:1:14: type 'string' does not support field selection\n | _flow.Summary.x\n | .............^",
  ],
  [
    "_flow.verdict.all(x, true)",
    "ERROR: <input>:1:6: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)\n | _flow.verdict.all(x, true)\n | .....^",
  ],
  [
    "true true",
    "ERROR: <input>:1:6: Syntax error: extraneous input 'true' expecting <EOF>\n | true true\n | .....^",
  ],
];

for (const [expression, wanted] of REFUSED) {
  test(`compileCelFilter() refuses ${JSON.stringify(expression)}`, () => {
    assert.equal(ask(expression), wanted);
  });
}

test("compileCelFilter() ends an expression that would run for ever", () => {
  const list = `[${"1,".repeat(40)}1]`;
  const nested = `${list}.all(a, ${list}.all(b, ${list}.all(c, ${list}.all(d, a + b + c + d > 0))))`;
  const startedAt = performance.now();
  assert.deepEqual(ask(nested), []);
  assert.ok(performance.now() - startedAt < 5000);
});

test("compileCelFilter() refuses deep nesting and long texts", () => {
  assert.equal(typeof ask(`${"(".repeat(300)}true${")".repeat(300)}`), "string");
  assert.equal(typeof ask(`${"!".repeat(300)}true`), "object");
  assert.equal(typeof ask(`${"[".repeat(2000)}1`), "string");
  assert.equal(typeof ask(`'${"x".repeat(100_001)}' == ''`), "string");
});

test("compileCelFilter() answers or refuses whatever it is given", () => {
  const word = fc.constantFrom(
    ..."_flow . verdict == 1 ( ) [ ] { } , ? : && || ! - + 'a' b\"x\" 1u 2.5 has size in x exists all map null true".split(
      " ",
    ),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), (words) => {
      const answer = ask(words.join(" "));
      assert.ok(Array.isArray(answer) || typeof answer === "string");
    }),
    { numRuns: Number(process.env["OCELLI_FUZZ_RUNS"] ?? 1000) },
  );
});
