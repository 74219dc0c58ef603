import assert from "node:assert/strict";
import { test } from "node:test";

import { CallCounts } from "./call-counts.ts";

/** A batch as the kernel gives it on two CPUs: pid, call, count on each CPU. */
function batch(...rows: [pid: number, call: number, first: number, second: number][]): {
  keys: Uint8Array;
  values: Uint8Array;
  count: number;
} {
  const keys = new Uint8Array(rows.length * 8);
  const values = new Uint8Array(rows.length * 48);
  rows.forEach(([pid, call, first, second], index) => {
    new DataView(keys.buffer).setUint32(index * 8, pid, true);
    new DataView(keys.buffer).setUint32(index * 8 + 4, call, true);
    new DataView(values.buffer).setBigUint64(index * 48, BigInt(first), true);
    new DataView(values.buffer).setBigUint64(index * 48 + 24, BigInt(second), true);
    values.set(Buffer.from(`p${pid}`), index * 48 + 24 + 8);
  });
  return { keys, values, count: rows.length };
}

test("CallCounts adds up CPUs and tells what is recent", () => {
  const counts = new CallCounts(2);
  counts.update([batch([7, 0, 3, 4], [8, 0, 1, 0])]);
  counts.update([batch([7, 0, 5, 4], [8, 0, 1, 0])]);
  assert.deepEqual(counts.pairs(), [
    { pid: 7, call: 0, comm: "p7", total: 9, recent: 2 },
    { pid: 8, call: 0, comm: "p8", total: 1, recent: 0 },
  ]);
  assert.deepEqual(counts.calls(), [{ call: 0, total: 10, recent: 2 }]);
});

test("CallCounts goes on when the kernel starts a pair again", () => {
  const counts = new CallCounts(2);
  counts.update([batch([7, 1, 100, 0])]);
  counts.update([batch([7, 1, 2, 0])]);
  assert.deepEqual(counts.pairs(), [{ pid: 7, call: 1, comm: "p7", total: 102, recent: 2 }]);
});

test("CallCounts forgets processes that ended and keeps their calls", () => {
  const counts = new CallCounts(2);
  counts.update([batch([7, 1, 5, 0], [8, 1, 1, 0])]);
  counts.update([batch([8, 1, 1, 0])]);
  assert.deepEqual([...counts.forget((pid) => pid === 8)], [7]);
  assert.deepEqual(
    counts.pairs().map((pair) => pair.pid),
    [8],
  );
  assert.deepEqual(counts.calls(), [{ call: 1, total: 6, recent: 0 }]);
});
