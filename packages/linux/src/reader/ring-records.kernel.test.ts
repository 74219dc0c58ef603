import assert from "node:assert/strict";

import { mapSpec } from "@ocelli/bpf";
import { kernelTest, ringProducer, type Producer } from "@ocelli/testkit";

import { createMap } from "../map/create.ts";
import type { BpfMap } from "../map/map.ts";
import { openKernel } from "../port/koffi.ts";
import { openRingReader } from "./ring-reader.ts";
import { copiedRecords, leasedRecords } from "./ring-records.ts";

const needs = { needs: ["ringbuf"] } as const;
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

interface Rig extends Disposable {
  readonly ring: BpfMap;
  readonly producer: Producer;
}

function setUp(size: number): Rig {
  using stack = new DisposableStack();
  const kernel = openKernel();
  const shape = { type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096 } as const;
  const ring = stack.use(createMap(kernel, mapSpec({ name: "ring", ...shape })));
  const producer = stack.use(ringProducer(kernel, ring, { size, discardEvery: 4 }));
  const owned = stack.move();
  return { ring, producer, [Symbol.dispose]: () => owned[Symbol.dispose]() };
}

const kept = (count: number): number[] => range(0, count).filter((value) => value % 4 !== 3);
const firstWord = (bytes: Uint8Array): number => bytes[0] ?? -1;

kernelTest("copiedRecords() waits for records and gives copies that stay", needs, async () => {
  using rig = setUp(24);
  const timer = setInterval(() => {
    rig.producer.run(20);
  }, 5);
  const records: Uint8Array[] = [];
  for await (const record of copiedRecords(rig.ring)) {
    records.push(record);
    if (records.length === 150) break;
  }
  clearInterval(timer);
  // 200 records of 32 bytes do not fit at once: the space of the first ones was used again.
  assert.deepEqual(records.map(firstWord), kept(200));
  assert.deepEqual(new Set(records.map((record) => record.length)), new Set([24]));
});

kernelTest("leasedRecords() points one object at each record in turn", needs, async () => {
  using rig = setUp(24);
  const timer = setInterval(() => {
    rig.producer.run(20);
  }, 5);
  const seen: number[] = [];
  const leases = new Set<object>();
  for await (const lease of leasedRecords(rig.ring)) {
    leases.add(lease);
    seen.push(lease.memory.view.getUint32(lease.offset, true));
    assert.equal(lease.length, 24);
    if (seen.length === 150) break;
  }
  clearInterval(timer);
  assert.deepEqual(seen, kept(200));
  assert.equal(leases.size, 1);
});

for (const iterate of [copiedRecords, leasedRecords]) {
  kernelTest(
    `${iterate.name}() leaves what it did not give to the next reader`,
    needs,
    async () => {
      using rig = setUp(8);
      rig.producer.run(10);
      let count = 0;
      for await (const _record of iterate(rig.ring)) {
        count += 1;
        if (count === 3) break;
      }
      const seen: number[] = [];
      using reader = openRingReader(rig.ring, {
        onRecord: ({ words }, offset) => seen.push(words[offset >>> 2] ?? -1),
      });
      reader.consume();
      assert.deepEqual(seen, [4, 5, 6, 8, 9]);
    },
  );

  kernelTest(`${iterate.name}() ends without an error when its signal aborts`, needs, async () => {
    using rig = setUp(8);
    const controller = new AbortController();
    setTimeout(() => {
      controller.abort();
    }, 20);
    let count = 0;
    rig.producer.run(2);
    for await (const _record of iterate(rig.ring, { signal: controller.signal })) count += 1;
    assert.equal(count, 2);
  });
}
