import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { decodeString, encodeString } from "./strings.ts";

test("encodeString() agrees with the platform's encoder", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.deepEqual(encodeString(text), new TextEncoder().encode(text));
    }),
  );
});

test("decodeString() gives back what was encoded, up to the first NUL", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.nat(5), (text, before) => {
      const encoded = encodeString(text);
      const bytes = new Uint8Array(before + encoded.length + 2);
      bytes.set(encoded, before);
      assert.equal(decodeString(bytes, before, bytes.length), text.split("\0")[0]);
    }),
  );
});

test("decodeString() puts U+FFFD in place of bytes that are no UTF-8, and ends at its limit", () => {
  const bytes = Uint8Array.of(0x61, 0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x62, 0);
  assert.equal(decodeString(bytes, 0, bytes.length), "a\ufffd\ufffd(\ufffdb");
  assert.equal(decodeString(bytes, 0, 1), "a");
});
