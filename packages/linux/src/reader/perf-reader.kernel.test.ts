import assert from "node:assert/strict";

import { mapSpec } from "@ocelli/bpf";
import { kernelTest, perfProducer, pinToCpu, type Producer } from "@ocelli/testkit";

import { LinuxError } from "../error.ts";
import { createMap } from "../map/create.ts";
import type { BpfMap } from "../map/map.ts";
import { openKernel } from "../port/koffi.ts";
import { mapLossCounter } from "./loss-counter.ts";
import { createPerfReader, openPerfReader, type PerfReaderOptions } from "./perf-reader.ts";
import type { OnPerfRecord } from "./perf-ring.ts";

const PAGE = 4096;
const SIZE = 40;

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

/** Collects sequence numbers, and holds a record's first word against its last. */
function collect(into: number[]): OnPerfRecord {
  return ({ words, view }, offset, length) => {
    const sequence = words[offset >>> 2] ?? -1;
    // 40 bytes and the length's own 4, rounded up to a multiple of 8.
    assert.equal(length, 44);
    assert.equal(view.getUint32(offset + SIZE - 8, true), sequence);
    into.push(sequence);
  };
}

interface Rig extends Disposable {
  readonly events: BpfMap;
  readonly producer: Producer;
}

/** A map and a program that writes to it, on CPU 0 as long as the rig lives. */
function setUp(): Rig {
  using stack = new DisposableStack();
  const kernel = openKernel();
  const events = stack.use(
    createMap(kernel, mapSpec({ name: "events", type: "perf_event_array", maxEntries: 0 })),
  );
  const producer = stack.use(perfProducer(kernel, events, { size: SIZE }));
  stack.use(pinToCpu(kernel, 0));
  const owned = stack.move();
  return { events, producer, [Symbol.dispose]: () => owned[Symbol.dispose]() };
}

kernelTest("PerfReader.consume() reads every record once while the ring wraps", {}, () => {
  using rig = setUp();
  const seen: number[] = [];
  using reader = openPerfReader(rig.events, { sizeBytes: PAGE, onRecord: collect(seen) });
  // 56 bytes per record do not divide a page: some are cut at its end.
  for (let round = 0; round < 8; round += 1) {
    rig.producer.run(50);
    assert.equal(reader.consume(), 50);
  }
  assert.deepEqual(seen, range(0, 400));
  const { records, lost, cpus } = reader.statistics();
  assert.deepEqual([records, lost, cpus[0]], [400, 0, 0]);
});

kernelTest("PerfReader reports exactly what was lost, and on which CPU", {}, () => {
  using rig = setUp();
  const seen: number[] = [];
  const losses: [number, number][] = [];
  using reader = openPerfReader(rig.events, {
    sizeBytes: PAGE,
    onRecord: collect(seen),
    onLost: (count, cpu) => losses.push([count, cpu]),
  });
  rig.producer.run(100);
  const first = reader.consume();
  assert.deepEqual(losses, []);
  rig.producer.run(1);
  assert.equal(reader.consume(), 1);
  // The program saw the same calls fail.
  assert.equal(mapLossCounter(rig.producer.lost).total(), 100 - first);
  assert.deepEqual(losses, [[100 - first, 0]]);
  assert.deepEqual(seen, [...range(0, first), 100]);
  assert.equal(reader.statistics().lost, 100 - first);
});

kernelTest("createPerfReader() is woken for each record", {}, async () => {
  using rig = setUp();
  const { promise, resolve } = Promise.withResolvers<void>();
  const seen: number[] = [];
  using _reader = createPerfReader(rig.events, {
    onRecord: (memory, offset, length, cpu) => {
      collect(seen)(memory, offset, length, cpu);
      if (seen.length === 30) resolve();
    },
    maxRecords: 7,
  });
  rig.producer.run(30);
  await promise;
  assert.deepEqual(seen, range(0, 30));
});

kernelTest("createPerfReader() is not woken below the watermark", {}, async () => {
  using rig = setUp();
  const { promise, resolve } = Promise.withResolvers<void>();
  const seen: number[] = [];
  using _reader = createPerfReader(rig.events, {
    sizeBytes: 2 * PAGE,
    watermarkBytes: PAGE,
    onRecord: (memory, offset, length, cpu) => {
      collect(seen)(memory, offset, length, cpu);
      if (seen.length === 80) resolve();
    },
  });
  // The reader looks once by itself when it is registered, a few turns from now. Turns are counted, not time: a slow machine
  // runs a due timer before any of them.
  for (let turn = 0; turn < 10; turn += 1) await new Promise((done) => setImmediate(done));
  rig.producer.run(70);
  await new Promise((done) => setTimeout(done, 100));
  assert.deepEqual(seen, []);
  rig.producer.run(10);
  await promise;
  assert.deepEqual(seen, range(0, 80));
});

kernelTest("an overwritable ring keeps the newest records, each read once", {}, () => {
  using rig = setUp();
  const seen: number[] = [];
  using reader = openPerfReader(rig.events, {
    sizeBytes: PAGE,
    overwritable: true,
    onRecord: collect(seen),
  });
  rig.producer.run(5);
  assert.equal(reader.consume(), 5);
  rig.producer.run(1000);
  const kept = reader.consume();
  assert.ok(kept >= 72 && kept <= 73, `kept ${kept}`);
  assert.deepEqual(seen, [...range(0, 5), ...range(1005 - kept, 1005)]);
  assert.equal(reader.consume(), 0);
  assert.equal(mapLossCounter(rig.producer.lost).total(), 0);
});

kernelTest("pause() keeps the kernel from writing until resume()", {}, () => {
  using rig = setUp();
  const seen: number[] = [];
  using reader = openPerfReader(rig.events, { sizeBytes: PAGE, onRecord: collect(seen) });
  rig.producer.run(2);
  reader.pause();
  rig.producer.run(3);
  reader.resume();
  rig.producer.run(1);
  reader.consume();
  assert.deepEqual(seen, [0, 1, 5]);
});

kernelTest("an error of onRecord comes out of PerfReader.consume()", {}, () => {
  using rig = setUp();
  let calls = 0;
  using reader = openPerfReader(rig.events, {
    onRecord: () => {
      calls += 1;
      if (calls === 2) throw new RangeError("two");
    },
  });
  rig.producer.run(4);
  assert.throws(() => reader.consume(), new RangeError("two"));
  assert.equal(reader.consume(), 2);
});

kernelTest("a perf reader can be disposed of while it drains", {}, () => {
  using rig = setUp();
  const seen: number[] = [];
  const reader = openPerfReader(rig.events, {
    onRecord: (memory, offset) => {
      if (seen.length === 2) reader[Symbol.dispose]();
      seen.push(memory.view.getUint32(offset, true));
    },
  });
  rig.producer.run(5);
  reader.consume();
  assert.deepEqual(seen, [0, 1, 2]);
  const closed = new LinuxError(
    "closed",
    'Cannot read perf event array "events": its reader was closed',
  );
  assert.throws(() => reader.consume(), closed);
  assert.throws(() => reader.pause(), closed);
  assert.throws(() => reader.statistics(), closed);
  // Programs find nobody to write to.
  rig.producer.run(1);
  assert.equal(mapLossCounter(rig.producer.lost).total(), 1);
});

kernelTest("openPerfReader() refuses wrong maps and sizes", {}, () => {
  using rig = setUp();
  const open = (options: Partial<PerfReaderOptions>) => (): void => {
    openPerfReader(rig.events, { onRecord: collect([]), ...options });
  };
  assert.throws(
    open({ sizeBytes: 5000 }),
    new RangeError(
      "Cannot make a perf ring as its size must be a power of two and at least 4096: it is 5000",
    ),
  );
  assert.throws(
    open({ sizeBytes: PAGE, watermarkBytes: PAGE }),
    new RangeError(
      "Cannot wake at 4096 bytes as the watermark must be below the ring's 4096 bytes",
    ),
  );
  assert.throws(
    () => openPerfReader(rig.producer.counter, { onRecord: collect([]) }),
    new LinuxError(
      "invalid",
      'Cannot read map "sequence" as a perf event array: its type is array',
    ),
  );
});
