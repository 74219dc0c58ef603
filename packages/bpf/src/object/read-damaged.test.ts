import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { fixture } from "@ocelli/testkit";

import { encodeInstructions } from "../asm/encode.ts";
import { linkProgram } from "./link.ts";
import { readCollection } from "./read.ts";

const NAMES = ["object-calls", "object-maps", "object-externs", "object-data", "object-struct-ops"];

const damages = fc.record({
  name: fc.constantFrom(...NAMES),
  bigEndian: fc.boolean(),
  edits: fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255)), {
    minLength: 1,
    maxLength: 6,
  }),
  keep: fc.oneof(
    { weight: 5, arbitrary: fc.constant(1) },
    fc.double({ min: 0, max: 1, noNaN: true }),
  ),
});

test("readCollection() gives a collection that links, or reasons, for damaged objects", () => {
  fc.assert(
    fc.property(damages, ({ name, bigEndian, edits, keep }) => {
      const whole = Uint8Array.from(fixture(name, { bigEndian }));
      for (const [place, value] of edits) whole[Math.floor(place * whole.length)] = value;
      const result = readCollection(whole.subarray(0, Math.floor(keep * whole.length)));
      if (!result.ok) {
        assert.ok(result.diagnostics.some(({ severity }) => severity === "error"));
        return;
      }
      for (const program of result.value.programs.values()) {
        const linked = linkProgram(result.value, program);
        if (linked.ok) encodeInstructions(linked.value);
      }
    }),
    { numRuns: 300 },
  );
});

test("readCollection() ends on any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (tail) => {
      const header = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 247, 0];
      const result = readCollection(Uint8Array.of(...header, ...tail));
      assert.ok(result.ok || result.diagnostics.length > 0);
    }),
  );
});
