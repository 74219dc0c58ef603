import assert from "node:assert/strict";

import { run } from "@ocelli/linux";

import { featureTest, numbersOf, words } from "../support/feature-test.ts";

const fixture = "feature-run";

featureTest("Test runs of XDP", { fixture, programs: ["shorten"] }, (collection) => {
  const frame = Uint8Array.from({ length: 64 }, (_, index) => index);
  const { returnValue, data } = run(collection.program("shorten"), { data: frame });
  assert.deepEqual([returnValue, data.length, data[0], data[1]], [3, 60, 5, 5]);
});

featureTest("Test runs of traffic programs", { fixture, programs: ["mark"] }, (collection) => {
  // struct __sk_buff: mark at 8, cb at 48; all else must be 0.
  const context = new Uint8Array(192);
  context.set(words(21), 8);
  const result = run(collection.program("mark"), { data: new Uint8Array(64), context, repeat: 1 });
  const after = Buffer.from(result.context);
  assert.deepEqual(
    [result.returnValue, after.readUInt32LE(8), after.readUInt32LE(52)],
    [7, 42, 64],
  );
});

featureTest("Test runs of raw tracepoints", { fixture, programs: ["arguments"] }, (collection) => {
  const context = words(30, 0, 12, 0);
  const { returnValue } = run(collection.program("arguments"), { context, cpu: 0 });
  assert.equal(returnValue, 42);
  assert.deepEqual(numbersOf(collection, "first", "second", "processor"), {
    first: 30,
    second: 12,
    processor: 0,
  });
});

featureTest(
  "Test runs of syscall programs",
  { fixture, programs: ["add"], needs: ["syscall_program"] },
  (collection) => {
    const { returnValue, context } = run(collection.program("add"), {
      context: words(40, 2, 0, 0),
    });
    assert.deepEqual([returnValue, context], [5, words(40, 2, 42, 0)]);
  },
);
