import assert from "node:assert/strict";
import { test } from "node:test";

import { parseFilter } from "../filter/parse-filter.ts";
import { isIpv6, networkProblem } from "./address.ts";
import { checkCondition } from "./check-condition.ts";

function findings(text: string): string {
  const result = parseFilter(text);
  if (!result.ok) return "does not parse";
  return checkCondition(result.value)
    .map(({ span, message }) => `${text.slice(span.offset, span.offset + span.length)}: ${message}`)
    .join("; ");
}

test("checkCondition() accepts what fits", () => {
  const right = [
    "proc.name = cat and proc.pid > 1 and fd.sport in (80, 443)",
    "fd.ip = ::1 and fd.snet in (10.0.0.0/8, fe80::/10)",
    "evt.is_open_read = true and thread.cpu >= 1.5",
    "proc.aname[2] contains x and evt.arg.flags startswith O and evt.arg[0] exists",
    "tolower(proc.name) = val(proc.pname) and len(fd.name) > 10",
    'evt.buffer bcontains 00ff and proc.cmdline regex "a.*b[[:digit:]]+"',
    "fd.types intersects (file, ipv4)",
  ];
  assert.deepEqual(
    right.map(findings),
    right.map(() => ""),
  );
});

test("checkCondition() names part and reason of everything that does not fit", () => {
  assert.deepEqual(
    [
      "proc.nobody = x or proc.name bcontains 00",
      "proc.name[1] = x",
      "evt.arg = x",
      "evt.arg.nothing = x",
      "proc.aname[x] = x",
      "proc.pid = one",
      "fd.ip = 1.2.3",
      "fd.ip = 1::2::3",
      "fd.net = 10.0.0.0/33",
      "fd.sport = 70000",
      "evt.is_open_read = maybe",
      "evt.type = opn",
      "tolower(proc.pid) = x",
      "proc.name = val(proc.nobody)",
      'proc.name regex "\\\\d"',
      "nothing",
    ].map(findings),
    [
      "proc.nobody: filter_check called with nonexistent field proc.nobody; proc.name bcontains 00: filter error: 'bcontains' operator not supported for string filters",
      "proc.name[1]: filter_check called with nonexistent field proc.name[1]",
      "evt.arg: filter_check called with nonexistent field evt.arg",
      "evt.arg.nothing: filter_check called with nonexistent field evt.arg.nothing",
      "proc.aname[x]: x is not a valid number",
      "one: one is not a valid number",
      "1.2.3: unrecognized IPv4 address 1.2.3",
      "1::2::3: unrecognized IPv6 address 1::2::3",
      "10.0.0.0/33: unrecognized IP network 10.0.0.0/33",
      "70000: unrecognized protocol 70000",
      "maybe: filter error: unrecognized boolean value maybe",
      "opn: unknown event type opn",
      "tolower(proc.pid): Cannot apply tolower() to a value that is no text",
      "proc.nobody: filter_check called with nonexistent field proc.nobody",
      '"\\\\d": invalid regex pattern: invalid escape sequence: \\d',
      "nothing: Undefined macro 'nothing' used in filter.",
    ],
  );
});

test("checkCondition() warns of evt.dir and of patterns that a simpler operator could do", () => {
  assert.deepEqual(
    ["evt.dir = <", 'proc.name regex "^cat.*"', 'proc.name regex "c[ab]t"'].map(findings),
    [
      "evt.dir = <: due to the drop of enter events, 'evt.dir = <' always evaluates to true, and 'evt.dir = >' always evaluates to false. The rule expression can be simplified by removing the condition on 'evt.dir'",
      "\"^cat.*\": regex check with '^cat.*' may be optimized with simpler operators such as '=', 'contains', 'startswith', 'endswith'",
      "",
    ],
  );
});

test("isIpv6() and networkProblem() know the written forms", () => {
  assert.deepEqual(
    [
      "::",
      "::1",
      "1:2:3:4:5:6:7:8",
      "::ffff:1.2.3.4",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7::8",
      "g::",
      ":1",
    ].map(isIpv6),
    [true, true, true, true, false, false, false, false],
  );
  assert.deepEqual(["10.0.0.0/8", "::/1", "::/0", "10.0.0.0"].map(networkProblem), [
    undefined,
    undefined,
    "invalid v6 netmask 0",
    "unrecognized IP network 10.0.0.0",
  ]);
});

test("checkCondition() refuses to compare fields that cannot be compared with each other", () => {
  assert.deepEqual(
    [
      "proc.name = val(proc.pid)",
      "fd.types in val(proc.name)",
      "proc.name pmatch val(proc.exepath)",
      "proc.name regex val(proc.exepath)",
      "fd.snet = val(fd.cnet)",
      "fd.ip = val(fd.cip)",
      "fd.cip = val(fd.ip)",
      "proc.aname = val(proc.name)",
      "len(proc.name) = val(proc.name)",
      "tolower(proc.aname) = a",
      "proc.name = tolower(proc.pname)",
      "evt.latency.human = 0ns",
    ].map((text) => findings(text)),
    [
      "val(proc.pid): field 'proc.name' has type 'CHARBUF' while the right-hand side field 'proc.pid' has incompatible type 'INT64'",
      "val(proc.name): field 'fd.types' doesn't support right-hand side fields",
      "val(proc.exepath): operator 'pmatch' doesn't support right-hand side fields",
      "val(proc.exepath): operator 'regex' doesn't support right-hand side fields",
      "val(fd.cnet): field type 'IPNET' doesn't support right-hand side fields",
      "val(fd.cip): field 'fd.ip' doesn't support right-hand side fields",
      "val(fd.ip): field 'fd.ip' can't be used as a right-hand side field",
      "val(proc.name): field 'proc.aname' doesn't support right-hand side fields",
      "val(proc.name): field 'len(proc.name)' has type 'UINT64' while the right-hand side field 'proc.name' has incompatible type 'CHARBUF'",
      "tolower(proc.aname): field 'proc.aname' does not support transformers",
      "",
      "evt.latency.human = 0ns: field is not available due to the drop of enter events.",
    ],
  );
});

test("checkCondition() warns once of comparing audit events with <NA>", () => {
  const parsed = parseFilter(
    'ka.user.name = "<NA>" or ka.verb in ("<NA>", get) or ka.uri contains "<NA>"',
  );
  assert.ok(parsed.ok);
  assert.deepEqual(
    checkCondition(parsed.value, "k8s_audit").map(({ kind, hint }) => [kind, hint]),
    [["unsafe-na", "Comparing with <NA> finds no missing value: use the operator exists"]],
  );
});
