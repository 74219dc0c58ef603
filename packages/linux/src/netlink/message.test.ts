import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import {
  decodeAttributes,
  decodeMessages,
  encodeAttributes,
  encodeMessage,
  numberOf,
  textOf,
} from "./message.ts";

test("encodeMessage() lays out header, struct and padded attributes", () => {
  const bytes = encodeMessage(18, 5, 7, Uint8Array.of(1, 2, 3, 4), [
    { type: 3, value: "lo" },
    { type: 43, value: [{ type: 1, value: 9 }] },
  ]);
  assert.equal(
    Buffer.from(bytes).toString("hex"),
    "2800000012000500070000000000000001020304070003006c6f00000c002b800800010009000000",
  );
});

test("decodeAttributes() gives back what encodeAttributes() took", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(
        fc.tuple(fc.integer({ min: 0, max: 0x3fff }), fc.uint8Array({ maxLength: 40 })),
        {
          selector: ([type]) => type,
        },
      ),
      (entries) => {
        const bytes = encodeAttributes(entries.map(([type, value]) => ({ type, value })));
        assert.deepEqual(decodeAttributes(bytes), new Map(entries));
      },
    ),
  );
});

test("decodeMessages() and decodeAttributes() end on any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const message of decodeMessages(bytes)) decodeAttributes(message.payload);
      return true;
    }),
  );
});

test("numberOf() and textOf() read payloads of every width", () => {
  assert.deepEqual(
    [[1], [1, 2], [1, 2, 0, 0], []].map((bytes) => numberOf(Uint8Array.from(bytes))),
    [1, 0x201, 0x201, undefined],
  );
  assert.deepEqual(
    [textOf(Buffer.from("lo\0x")), textOf(Buffer.from("lo")), textOf(undefined)],
    ["lo", "lo", undefined],
  );
});
