// Draining a full ring of 16 MiB, reading every record's first word: our reader beside libbpf's, by turns. Goal: 0.6 of libbpf's records per second. Needs root.
import { mapSpec } from "@ocelli/bpf";
import { createMap, openKernel, openRingReader } from "@ocelli/linux";
import { ringProducer, type Producer, peerPath } from "@ocelli/testkit";

import { compare } from "./support/measure.ts";
import { startPeer } from "./support/peer.ts";

const RING_BYTES = 16 << 20;

function fill(producer: Producer, size: number): number {
  const count = Math.floor((RING_BYTES - 1) / (size + 8));
  producer.run(count);
  return count;
}

function check(name: string, expected: number, actual: number): void {
  if (actual !== expected)
    throw new Error(`${name} read ${actual} records, ${expected} were written`);
}

async function benchmark(size: number): Promise<void> {
  const kernel = openKernel();
  // A ring for each, since a ring has one consumer.
  const spec = { type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: RING_BYTES } as const;
  using ours = createMap(kernel, mapSpec({ ...spec, name: "ours" }));
  using theirs = createMap(kernel, mapSpec({ ...spec, name: "theirs" }));
  using ourProducer = ringProducer(kernel, ours, { size, flags: 1 });
  using theirProducer = ringProducer(kernel, theirs, { size, flags: 1 });
  using peer = startPeer(peerPath("bench-ring"), ["3"], [theirs.fd.value]);
  let sum = 0;
  using reader = openRingReader(ours, {
    onRecord: ({ words }, offset) => {
      sum = (sum + (words[offset >>> 2] ?? 0)) | 0;
    },
  });

  await compare(`Draining ${size}-byte records`, "M records/s", [
    {
      name: "libbpf (C)",
      run: async () => {
        const count = fill(theirProducer, size);
        // The peer prints these fields.
        const answer = JSON.parse(await peer.ask("")) as { records: number; ns: number };
        check("libbpf", count, answer.records);
        return (count / answer.ns) * 1000;
      },
    },
    {
      name: "Ocelli",
      run: () => {
        const count = fill(ourProducer, size);
        const start = performance.now();
        const records = reader.consume();
        const ms = performance.now() - start;
        check("Ocelli", count, records);
        return count / ms / 1000;
      },
    },
  ]);
  if (sum === 0) throw new Error("No word was read");
}

for (const size of [64, 128]) await benchmark(size);
