import assert from "node:assert/strict";
import { test } from "node:test";

import { toJson } from "./json.ts";

test("toJson() keeps every digit of 64-bit integers", () => {
  const value = { small: 7n, edge: 2n ** 53n - 1n, large: 2n ** 64n - 1n, low: -(2n ** 63n) };
  assert.equal(
    toJson(value),
    '{"small":7,"edge":9007199254740991,"large":"18446744073709551615","low":"-9223372036854775808"}',
  );
});

test("toJson() writes bytes as hexadecimal digits", () => {
  assert.equal(toJson([new Uint8Array([0, 255, 16])]), '["00ff10"]');
});
