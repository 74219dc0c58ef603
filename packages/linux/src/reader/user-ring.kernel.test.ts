import assert from "node:assert/strict";

import { readCollection, mapSpec } from "@ocelli/bpf";
import { CLANG_PACKAGE, fixture, kernelTest } from "@ocelli/testkit";

import type { Collection } from "../collection/collection.ts";
import { loadCollection } from "../collection/load.ts";
import { LinuxError } from "../error.ts";
import { createMap } from "../map/create.ts";
import { openKernel } from "../port/koffi.ts";
import { run } from "../program/run.ts";
import { openUserRing } from "./user-ring.ts";

const needs = { needs: ["user_ringbuf"], tools: [CLANG_PACKAGE] } as const;
const packet = { data: new Uint8Array(64) };

function load(): Collection {
  const result = readCollection(fixture("reader-user-ring"));
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  return loadCollection(result.value);
}

const record = (value: number): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
};

const readU64 = (collection: Collection, name: string): bigint => {
  const bytes = collection.variable(name).read();
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
};

const hash = (values: readonly number[]): bigint =>
  values.reduce((sum, value) => BigInt.asUintN(64, sum * 31n + BigInt(value)), 0n);

kernelTest("UserRing.write() reaches the program in order while the ring wraps", needs, () => {
  using collection = load();
  using ring = openUserRing(collection.map("commands"));
  const values: number[] = [];
  for (let round = 0; round < 40; round += 1) {
    for (let index = 0; index < 50; index += 1) {
      values.push(values.length);
      assert.ok(ring.write(record(values.length - 1)));
    }
    assert.equal(run(collection.program("drain"), packet).returnValue, 50);
  }
  assert.deepEqual(
    [readU64(collection, "count"), readU64(collection, "sum")],
    [2000n, hash(values)],
  );
  assert.equal(ring.pendingBytes, 0);
});

kernelTest("UserRing.reserve() keeps order, and the kernel skips what is discarded", needs, () => {
  using collection = load();
  using ring = openUserRing(collection.map("commands"));
  const records = [1, 2, 3].map((value) => {
    const reserved = ring.reserve(8);
    assert.ok(reserved);
    reserved.bytes.set(record(value));
    return reserved;
  });
  records[2]?.submit();
  // The first one is still busy, so the program sees none.
  assert.equal(run(collection.program("drain"), packet).returnValue, 0);
  records[0]?.submit();
  records[1]?.discard();
  assert.equal(records[1]?.bytes.length, 0);
  run(collection.program("drain"), packet);
  assert.deepEqual([readU64(collection, "count"), readU64(collection, "sum")], [2n, hash([1, 3])]);
});

kernelTest("UserRing.write() says no while the ring is full", needs, () => {
  using collection = load();
  using ring = openUserRing(collection.map("commands"));
  let written = 0;
  while (ring.write(record(written))) written += 1;
  assert.equal(written, 4096 / 16);
  assert.equal(ring.pendingBytes, 4096);
  run(collection.program("drain"), packet);
  assert.ok(ring.write(record(0)));
});

kernelTest("a second UserRing goes on where the first one stopped", needs, () => {
  using collection = load();
  {
    using first = openUserRing(collection.map("commands"));
    first.write(record(7));
  }
  using second = openUserRing(collection.map("commands"));
  second.write(record(8));
  assert.equal(run(collection.program("drain"), packet).returnValue, 2);
  assert.equal(readU64(collection, "sum"), hash([7, 8]));
});

kernelTest("UserRing refuses what cannot be, and everything after disposal", needs, () => {
  using collection = load();
  const ring = openUserRing(collection.map("commands"));
  assert.throws(
    () => ring.reserve(4089),
    new RangeError(
      'Cannot reserve 4089 bytes of user ring buffer "commands": a record has 0 to 4088',
    ),
  );
  const ended = ring.reserve(8);
  ended?.submit();
  assert.throws(
    () => ended?.submit(),
    new LinuxError("invalid", 'Cannot end a record of user ring buffer "commands" a second time'),
  );
  const late = ring.reserve(8);
  ring[Symbol.dispose]();
  ring[Symbol.dispose]();
  const closed = new LinuxError(
    "closed",
    'Cannot write to user ring buffer "commands": it was closed',
  );
  assert.throws(() => ring.write(record(1)), closed);
  assert.throws(() => ring.pendingBytes, closed);
  assert.throws(() => late?.submit(), closed);
  assert.equal(late?.bytes.length, 0);
});

kernelTest("openUserRing() refuses a map that is no user ring", {}, () => {
  using map = createMap(openKernel(), mapSpec({ name: "plain", type: "array" }));
  assert.throws(
    () => openUserRing(map),
    new LinuxError(
      "invalid",
      'Cannot write to map "plain" as a user ring buffer: its type is array',
    ),
  );
});
