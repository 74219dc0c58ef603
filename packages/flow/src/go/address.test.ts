import assert from "node:assert/strict";
import { test } from "node:test";

import { parseAddress, parsePrefix, prefixContains } from "./address.ts";
import { quoteGo } from "./quote.ts";
import { requestPath } from "./request-uri.ts";

function address(text: string): string {
  const parsed = parseAddress(text);
  return parsed.ok
    ? Buffer.from(parsed.value.bytes).toString("hex") + parsed.value.zone
    : parsed.error;
}

test("parseAddress() reads what netip.ParseAddr reads and refuses with its texts", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["192.0.2.1", "c0000201"],
    ["::", "00000000000000000000000000000000"],
    ["2001:db8::1", "20010db8000000000000000000000001"],
    ["::ffff:192.0.2.1", "00000000000000000000ffffc0000201"],
    ["fe80::1%eth0", "fe800000000000000000000000000001eth0"],
    ["", 'ParseAddr(""): unable to parse IP'],
    ["host", 'ParseAddr("host"): unable to parse IP'],
    ["1.2.3", 'ParseAddr("1.2.3"): IPv4 address too short'],
    ["1.2.3.4.5", 'ParseAddr("1.2.3.4.5"): IPv4 address too long'],
    ["1.2.3.256", 'ParseAddr("1.2.3.256"): IPv4 field has value >255'],
    ["1.2.3.04", 'ParseAddr("1.2.3.04"): IPv4 field has octet with leading zero'],
    ["1..2.3", 'ParseAddr("1..2.3"): IPv4 field must have at least one digit (at ".2.3")'],
    ["1.2.3.x", 'ParseAddr("1.2.3.x"): unexpected character (at "x")'],
    ["1::2::3", 'ParseAddr("1::2::3"): multiple :: in address (at ":3")'],
    ["1:2", 'ParseAddr("1:2"): address string too short'],
    [
      "1:2:3:4:5:6:7:8:9",
      'ParseAddr("1:2:3:4:5:6:7:8:9"): trailing garbage after address (at "9")',
    ],
    ["12345::", 'ParseAddr("12345::"): IPv6 field has value >=2^16 (at "12345::")'],
    ["::1%", 'ParseAddr("::1%"): zone must be a non-empty string'],
    ["1:", 'ParseAddr("1:"): colon must be followed by more characters (at ":")'],
  ];
  for (const [text, wanted] of cases) assert.equal(address(text), wanted);
});

test("prefixContains() compares within a family", () => {
  const contains = (prefix: string, text: string): boolean | string => {
    const [outer, inner] = [parsePrefix(prefix), parseAddress(text)];
    if (!outer.ok) return outer.error;
    return inner.ok && prefixContains(outer.value, inner.value);
  };
  assert.deepEqual(
    [
      contains("10.0.0.0/9", "10.127.255.255"),
      contains("10.0.0.0/9", "10.128.0.0"),
      contains("0.0.0.0/0", "::1"),
      contains("fd00::/65", "fd00::7fff:0:0:1"),
      contains("fd00::/65", "fd00::8000:0:0:1"),
      contains("fe80::/10", "fe80::1%eth0"),
      contains("10.0.0.0/08", "10.0.0.1"),
    ],
    [
      true,
      false,
      false,
      true,
      false,
      false,
      'netip.ParsePrefix("10.0.0.0/08"): bad bits after slash: "08"',
    ],
  );
});

test("quoteGo() escapes as strconv.Quote does", () => {
  assert.equal(quoteGo('a"\\\n\u0001é\u200b\u{1f600}'), '"a\\"\\\\\\n\\x01é\\u200b\u{1f600}"');
});

test("requestPath() finds the path that url.ParseRequestURI finds", () => {
  const paths = [
    "/a%20b?c",
    "http://h:80/x#y",
    "http://h",
    "h/x",
    "*",
    "",
    "http://h:x/",
    "/%zz",
    "mailto:a",
    "/a\u0001",
  ];
  assert.deepEqual(
    paths.map((url) => requestPath(url)),
    ["/a b", "/x#y", "", undefined, "*", undefined, undefined, undefined, "", undefined],
  );
});
