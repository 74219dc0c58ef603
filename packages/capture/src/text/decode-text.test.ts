import assert from "node:assert/strict";
import test from "node:test";

import { assert as check, property, uint8Array } from "fast-check";

import { decodeTerminated, decodeText, decodeTexts } from "./decode-text.ts";

test("decodeText() reads what a decoder reads, of any bytes, twice the same", () => {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  check(
    property(uint8Array({ maxLength: 300 }), (bytes) => {
      const expected = decoder.decode(bytes);
      assert.equal(decodeText(bytes, 0, bytes.length), expected);
      assert.equal(decodeText(bytes, 0, bytes.length), expected);
    }),
  );
});

test("decodeTerminated() stops at the first NUL", () => {
  const bytes = Buffer.from("path\0rest");
  assert.equal(decodeTerminated(bytes, 0, bytes.length), "path");
});

test("decodeTexts() splits at NULs, of which the last one only ends", () => {
  const texts = (text: string): readonly string[] => decodeTexts(Buffer.from(text), 0, text.length);
  assert.deepEqual(texts("a\0b\0"), ["a", "b"]);
  assert.deepEqual(texts("a\0\0b"), ["a", "", "b"]);
  assert.deepEqual(texts(""), []);
  assert.deepEqual(texts("\0"), []);
});
