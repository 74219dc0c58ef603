import assert from "node:assert/strict";
import { test } from "node:test";

import { formatAddress } from "./format-address.ts";
import { formatValue, sanitizeText, toJsonValue } from "./format-value.ts";

test("formatAddress() writes addresses as inet_ntop does", () => {
  const v6 = (...groups: number[]): string =>
    formatAddress(Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff])));
  assert.equal(formatAddress(Uint8Array.of(10, 0, 0, 255)), "10.0.0.255");
  assert.equal(v6(0, 0, 0, 0, 0, 0, 0, 1), "::1");
  assert.equal(v6(0, 0, 0, 0, 0, 0, 0, 0), "::");
  assert.equal(v6(0x2001, 0xdb8, 0, 1, 0, 0, 0, 1), "2001:db8:0:1::1");
  assert.equal(v6(1, 0, 2, 0, 3, 0, 4, 0), "1:0:2:0:3:0:4:0");
  assert.equal(v6(0xfe80, 0, 0, 0, 0, 0, 0, 0), "fe80::");
  assert.equal(v6(0, 0, 0, 0, 0, 0xffff, 0x0a00, 1), "::ffff:10.0.0.1");
  assert.equal(v6(0, 0, 0, 0, 0, 0, 0x0a00, 1), "::10.0.0.1");
  assert.equal(v6(0x2600, 1, 2, 3, 4, 5, 6, 7), "2600:1:2:3:4:5:6:7");
});

test("formatValue() prints each type as Falco's outputs do", () => {
  assert.deepEqual(
    [
      formatValue(undefined, "text"),
      formatValue("a\tb", "text"),
      formatValue(true, "bool"),
      formatValue(12n ** 18n, "uint64"),
      formatValue(255, "int32", "hexadecimal"),
      formatValue(8, "uint32", "octal"),
      formatValue(77, "reltime", "nine-digits"),
      formatValue(0.25, "double"),
      formatValue(-0.75, "double"),
      formatValue(0.05, "double"),
      formatValue(Uint8Array.of(65, 0, 200, 66), "bytes"),
      formatValue(Uint8Array.of(1, 2, 3, 4), "ip"),
      formatValue(Uint8Array.of(1, 2, 3, 4), "net"),
      formatValue(["a", "b"], "text"),
      formatValue(new Uint8Array(2000).fill(65), "bytes").length,
      formatValue(["x".repeat(2000)], "text").length,
    ],
    [
      "<NA>",
      "a\uFFFDb",
      "true",
      "26623333280885243904",
      "FF",
      "10",
      "000000077",
      "0.2",
      "-0.8",
      "0.1",
      "A..B",
      "1.2.3.4",
      "<IPNET>",
      "(a,b)",
      1021,
      1023,
    ],
  );
});

test("toJsonValue() keeps numbers, truth values and null", () => {
  assert.deepEqual(
    [
      toJsonValue(undefined, "text"),
      toJsonValue(false, "bool"),
      toJsonValue(-5, "int64"),
      toJsonValue(2n ** 60n, "abstime"),
      toJsonValue(0.5, "double"),
      toJsonValue(255, "int32", "hexadecimal"),
      toJsonValue(["a"], "text"),
      toJsonValue([], "text"),
    ],
    [null, false, -5, 2n ** 60n, 0.5, "FF", ["a"], null],
  );
});

test("sanitizeText() replaces what does not print", () => {
  assert.equal(sanitizeText("ok ä€😀"), "ok ä€😀");
  assert.equal(sanitizeText("\0\u0085\u007F\uFFFE\u{1FFFF}"), "\uFFFD".repeat(5));
});
