import assert from "node:assert/strict";

import { openPerfReader, openRingReader, openUserRing, run } from "@ocelli/linux";

import { featureTest, numbersOf, words } from "../support/feature-test.ts";

const fixture = "feature-records";
const context = { context: new Uint8Array(16) };

/** A record in words: kind, pid, value and text. */
function describe(bytes: Uint8Array): string {
  const record = Buffer.from(bytes);
  const text = record.toString("latin1", 16, 31);
  return `${record.readUInt32LE(0)} ${record.readUInt32LE(4)} ${record.readBigUInt64LE(8).toString(16)} ${text}`;
}

featureTest(
  "Ring buffers",
  { fixture, programs: ["to_ring"], needs: ["ringbuf"] },
  (collection) => {
    const records: string[] = [];
    using reader = openRingReader(collection.map("ring"), {
      onRecord: (memory, offset, length) => {
        records.push(`${length}: ${describe(memory.copy(offset, length))}`);
      },
    });
    run(collection.program("to_ring"), context);
    const record = (kind: number): string =>
      `32: ${kind} ${process.pid} 1122334455667788 from the kernel`;
    assert.equal(reader.consume(), 2);
    assert.deepEqual(records, [record(1), record(2)]);
  },
);

featureTest("Perf buffers", { fixture, programs: ["to_perf"] }, (collection) => {
  const records: string[] = [];
  using reader = openPerfReader(collection.map("perf"), {
    onRecord: (memory, offset, length) => {
      records.push(describe(memory.copy(offset, length)));
    },
  });
  run(collection.program("to_perf"), context);
  reader.consume();
  assert.deepEqual(records, [`3 ${process.pid} 1122334455667788 from the kernel`]);
});

featureTest(
  "User ring buffers",
  { fixture: "reader-user-ring", needs: ["user_ringbuf"] },
  (collection) => {
    using ring = openUserRing(collection.map("commands"));
    for (const value of [5, 6]) assert.ok(ring.write(words(value, 0)));
    assert.equal(run(collection.program("drain"), { data: new Uint8Array(64) }).returnValue, 2);
    assert.deepEqual(numbersOf(collection, "count", "sum"), { count: 2, sum: 5 * 31 + 6 });
  },
);
