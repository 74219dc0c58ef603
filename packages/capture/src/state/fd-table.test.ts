import assert from "node:assert/strict";
import test from "node:test";

import { FdInfo } from "./fd-info.ts";
import { FdTable } from "./fd-table.ts";

function tableOf(...numbers: readonly number[]): FdTable {
  const table = new FdTable();
  for (const number of numbers) table.set(number, new FdInfo());
  return table;
}

function order(table: FdTable): readonly number[] {
  return table.orderedEntries().map(([number]) => number);
}

test("orderedEntries() has the newest descriptor first", () => {
  assert.deepEqual(order(tableOf(0, 1, 2)), [2, 1, 0]);
});

test("orderedEntries() is turned around when the table grows", () => {
  const first = Array.from({ length: 13 }, (_unused, i) => i);
  assert.deepEqual(order(tableOf(...first, 13)), [13, ...first]);
});

test("orderedEntries() has a descriptor before those whose place it shares", () => {
  // 255 and 8 share a place of 13.
  assert.deepEqual(order(tableOf(8, 1, 255)), [1, 255, 8]);
});

test("set() keeps the place of a descriptor that is opened again", () => {
  const table = tableOf(0, 1, 2);
  table.set(0, new FdInfo());
  table.delete(1);
  assert.deepEqual([order(table), table.size], [[2, 0], 2]);
});
