import assert from "node:assert/strict";

import { mapSpec } from "@ocelli/bpf";
import { kernelTest, ringProducer, type ProducerOptions } from "@ocelli/testkit";

import { LinuxError } from "../error.ts";
import { createMap } from "../map/create.ts";
import type { BpfMap } from "../map/map.ts";
import { openKernel } from "../port/koffi.ts";
import { mapLossCounter } from "./loss-counter.ts";
import type { OnRecord } from "./ring-memory.ts";
import { createRingReader, openRingReader } from "./ring-reader.ts";

const needs = { needs: ["ringbuf"] } as const;
const PAGE = 4096;

function createRing(sizeBytes = PAGE, name = "ring"): BpfMap {
  return createMap(
    openKernel(),
    mapSpec({ name, type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: sizeBytes }),
  );
}

/** Collects sequence numbers, and holds a record's first word against its last. */
function collect(into: number[]): OnRecord {
  return ({ words, view }, offset, length) => {
    const sequence = words[offset >>> 2] ?? -1;
    assert.equal(view.getUint32(offset + length - 8, true), sequence);
    into.push(sequence);
  };
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

const setUp = (options: ProducerOptions, sizeBytes = PAGE) => {
  const stack = new DisposableStack();
  const ring = stack.use(createRing(sizeBytes));
  const producer = stack.use(ringProducer(openKernel(), ring, options));
  return { ring, producer, [Symbol.dispose]: () => stack[Symbol.dispose]() };
};

kernelTest("RingReader.consume() reads every record once while the ring wraps", needs, () => {
  // 24 bytes and the header are 32; 40 and the header 48, which does not divide the ring: records cross its end.
  using rig = setUp({ size: 40 });
  const seen: number[] = [];
  using reader = openRingReader(rig.ring, { onRecord: collect(seen) });
  const counts = range(0, 10).map(() => {
    rig.producer.run(61);
    return reader.consume();
  });
  assert.deepEqual(
    counts,
    Array.from({ length: 10 }, () => 61),
  );
  assert.deepEqual(seen, range(0, 610));
  assert.deepEqual(reader.statistics(), {
    availableBytes: 0,
    records: 610,
    wakes: 0,
    lost: undefined,
    sizeBytes: PAGE,
    peakBytes: 61 * 48,
  });
});

kernelTest("RingReader.consume() skips discarded records", needs, () => {
  using rig = setUp({ size: 16, discardEvery: 3 });
  const seen: number[] = [];
  using reader = openRingReader(rig.ring, { onRecord: collect(seen) });
  for (let round = 0; round < 8; round += 1) {
    rig.producer.run(90);
    assert.equal(reader.consume(), 60);
  }
  assert.deepEqual(
    seen,
    range(0, 720).filter((sequence) => sequence % 3 !== 2),
  );
});

kernelTest("RingReader.consume() returns 0 when all records are discarded", needs, () => {
  using rig = setUp({ size: 16, discardEvery: 1 });
  using reader = openRingReader(rig.ring, { onRecord: collect([]) });
  rig.producer.run(100);
  assert.equal(reader.consume(), 0);
  assert.equal(reader.statistics().availableBytes, 0);
});

kernelTest("RingReader.consume() stops at maxRecords and goes on from there", needs, () => {
  using rig = setUp({ size: 8 });
  const seen: number[] = [];
  using reader = openRingReader(rig.ring, { onRecord: collect(seen) });
  rig.producer.run(10);
  assert.deepEqual([reader.consume(4), reader.consume(4), reader.consume(4)], [4, 4, 2]);
  assert.deepEqual(seen, range(0, 10));
});

kernelTest("a second reader goes on where the first one stopped", needs, () => {
  using rig = setUp({ size: 8 });
  const seen: number[] = [];
  rig.producer.run(10);
  {
    using first = openRingReader(rig.ring, { onRecord: collect(seen) });
    first.consume(7);
  }
  using second = openRingReader(rig.ring, { onRecord: collect(seen) });
  second.consume();
  assert.deepEqual(seen, range(0, 10));
});

kernelTest("RingReader reads on when positions pass 4 GiB", needs, () => {
  // Records are reserved without being touched, so big ones cost nothing: 300 of them are 4.7 GiB.
  using rig = setUp({ size: (16 << 20) - 8 }, 32 << 20);
  const seen: number[] = [];
  using reader = openRingReader(rig.ring, { onRecord: collect(seen) });
  for (let round = 0; round < 300; round += 1) {
    rig.producer.run(1);
    assert.equal(reader.consume(), 1);
  }
  assert.deepEqual(seen, range(0, 300));
  // And who comes later finds the whole position.
  using next = openRingReader(rig.ring, { onRecord: collect(seen) });
  rig.producer.run(1);
  assert.deepEqual([next.consume(), seen.at(-1)], [1, 300]);
});

kernelTest("RingReader counts exactly what did not fit", needs, () => {
  using rig = setUp({ size: 8 });
  const seen: number[] = [];
  const losses: number[] = [];
  {
    using reader = openRingReader(rig.ring, {
      onRecord: collect(seen),
      lossCounter: mapLossCounter(rig.producer.lost),
      onLoss: (count) => losses.push(count),
    });
    rig.producer.run(1000);
    const read = reader.consume();
    assert.equal(read + (reader.statistics().lost ?? 0), 1000);
    assert.equal(reader.statistics().lost, 1000 - read);
    rig.producer.run(100);
    assert.equal(reader.consume(), 100);
    assert.deepEqual(losses, []);
  }
  assert.deepEqual(losses, [1100 - seen.length]);
  assert.ok(seen.length >= 100 + 255, `read ${seen.length}`);
});

kernelTest("createRingReader() is woken by the event loop and reads all rings", needs, async () => {
  using one = setUp({ size: 8 });
  using two = setUp({ size: 24 });
  const seen: [number[], number[]] = [[], []];
  const done = Promise.withResolvers<void>();
  const finish = (): void => {
    if (seen[0].length + seen[1].length === 200) done.resolve();
  };
  using first = createRingReader(one.ring, {
    onRecord: (memory, offset, length) => {
      collect(seen[0])(memory, offset, length);
      finish();
    },
  });
  using second = createRingReader(two.ring, {
    onRecord: (memory, offset, length) => {
      collect(seen[1])(memory, offset, length);
      finish();
    },
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  one.producer.run(100);
  two.producer.run(100);
  await done.promise;
  assert.deepEqual(seen, [range(0, 100), range(0, 100)]);
  assert.ok(first.statistics().wakes > 0 && second.statistics().wakes > 0);
});

kernelTest("createRingReader() leaves the event loop time between turns", needs, async () => {
  using rig = setUp({ size: 8 }, 64 * 1024);
  const seen: number[] = [];
  rig.producer.run(1000);
  let turns = 0;
  using reader = createRingReader(rig.ring, { onRecord: collect(seen), maxRecords: 100 });
  while (seen.length < 1000) {
    await new Promise((resolve) => setImmediate(resolve));
    turns += 1;
    assert.ok(seen.length <= turns * 200, `${seen.length} records after ${turns} turns`);
  }
  assert.deepEqual(seen, range(0, 1000));
  assert.ok(reader.statistics().wakes >= 10);
});

kernelTest("createRingReader() with an interval reads what nobody notified of", needs, async () => {
  using rig = setUp({ size: 8, flags: 1 });
  const done = Promise.withResolvers<number>();
  using _reader = createRingReader(rig.ring, {
    intervalMs: 20,
    onRecord: ({ words }, offset) => {
      if (words[offset >>> 2] === 9) done.resolve(9);
    },
  });
  // Keeps the process alive: the reader's timer does not.
  const alive = setTimeout(() => undefined, 5000);
  rig.producer.run(10);
  assert.equal(await done.promise, 9);
  clearTimeout(alive);
});

kernelTest(
  "an error of onRecord comes out of consume(), and its record counts as read",
  needs,
  () => {
    using rig = setUp({ size: 8 });
    const seen: number[] = [];
    using reader = openRingReader(rig.ring, {
      onRecord: ({ words }, offset) => {
        const sequence = words[offset >>> 2] ?? -1;
        if (sequence === 2) throw new RangeError("two");
        seen.push(sequence);
      },
    });
    rig.producer.run(5);
    assert.throws(() => reader.consume(), new RangeError("two"));
    assert.equal(reader.consume(), 2);
    assert.deepEqual(seen, [0, 1, 3, 4]);
    assert.equal(reader.statistics().records, 5);
  },
);

kernelTest("onError gets what onRecord throws on the event loop", needs, async () => {
  using rig = setUp({ size: 8 });
  const failed = Promise.withResolvers<unknown>();
  using _reader = createRingReader(rig.ring, {
    onRecord: () => {
      throw new RangeError("bad record");
    },
    onError: failed.resolve,
  });
  rig.producer.run(1);
  assert.deepEqual(await failed.promise, new RangeError("bad record"));
});

kernelTest("a reader can be disposed of while it drains", needs, () => {
  using rig = setUp({ size: 8 });
  const seen: number[] = [];
  const reader = openRingReader(rig.ring, {
    onRecord: (memory, offset) => {
      if (seen.length === 3) reader[Symbol.dispose]();
      // The memory is there until the callback returns.
      seen.push(memory.view.getUint32(offset, true));
    },
  });
  rig.producer.run(10);
  assert.equal(reader.consume(), 4);
  assert.deepEqual(seen, [0, 1, 2, 3]);
  // What was read was given back.
  using next = openRingReader(rig.ring, { onRecord: collect(seen) });
  assert.equal(next.consume(), 6);
  assert.deepEqual(seen, range(0, 10));
});

kernelTest("everything throws and nothing crashes after disposal", needs, () => {
  using rig = setUp({ size: 8 });
  let kept: Parameters<OnRecord>[0] | undefined;
  const reader = openRingReader(rig.ring, {
    onRecord: (memory) => {
      kept = memory;
    },
  });
  rig.producer.run(1);
  reader.consume();
  reader[Symbol.dispose]();
  reader[Symbol.dispose]();
  const closed = new LinuxError("closed", 'Cannot read ring buffer "ring": its reader was closed');
  assert.throws(() => reader.consume(), closed);
  assert.throws(() => reader.statistics(), closed);
  assert.equal(kept?.words[2], undefined);
  assert.equal(kept?.bytes.length, 0);
  assert.throws(() => kept?.view.getUint32(8), TypeError);
});

kernelTest("consume() refuses to be called from its own callback", needs, () => {
  using rig = setUp({ size: 8 });
  using reader = openRingReader(rig.ring, { onRecord: () => reader.consume() });
  rig.producer.run(1);
  assert.throws(
    () => reader.consume(),
    new LinuxError("busy", 'Cannot read ring buffer "ring" from its own callback'),
  );
});

kernelTest("openRingReader() refuses a map that is no ring", {}, () => {
  using map = createMap(openKernel(), mapSpec({ name: "plain", type: "array" }));
  assert.throws(
    () => openRingReader(map, { onRecord: collect([]) }),
    new LinuxError("invalid", 'Cannot read map "plain" as a ring buffer: its type is array'),
  );
});
