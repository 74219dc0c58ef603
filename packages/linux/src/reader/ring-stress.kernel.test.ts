import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { mapSpec } from "@ocelli/bpf";
import { kernelTest, ringProducer, runInThread } from "@ocelli/testkit";

import { createMap } from "../map/create.ts";
import { openKernel } from "../port/koffi.ts";
import { mapLossCounter } from "./loss-counter.ts";
import { createRingReader } from "./ring-reader.ts";

const needs = { needs: ["ringbuf"] } as const;
const shape = { type: "ringbuf", keySize: 0, valueSize: 0 } as const;

kernelTest(
  "a reader keeps up with a producer on another CPU, or knows what it lost",
  needs,
  async () => {
    const kernel = openKernel();
    using ring = createMap(kernel, mapSpec({ name: "ring", ...shape, maxEntries: 1 << 16 }));
    using producer = ringProducer(kernel, ring, { size: 40 });
    let records = 0;
    let last = -1;
    let disorder = 0;
    let torn = 0;
    using reader = createRingReader(ring, {
      lossCounter: mapLossCounter(producer.lost),
      onRecord: ({ words }, offset, length) => {
        const sequence = words[offset >>> 2] ?? -1;
        if (sequence <= last) disorder += 1;
        if (words[(offset + length - 8) >>> 2] !== sequence) torn += 1;
        last = sequence;
        records += 1;
      },
    });
    await runInThread(producer, 8, 20_000);
    reader.consume();
    const counter = producer.counter.lookup(new Uint8Array(4));
    const produced = new DataView(counter?.buffer ?? new ArrayBuffer(8)).getUint32(0, true);
    assert.deepEqual([disorder, torn], [0, 0]);
    const { lost } = reader.statistics();
    assert.equal(records + (lost ?? 0), produced);
    assert.ok(records > 1000, `only ${records} of ${produced} records came through`);
  },
);

// Prints "ready" when it reads; on SIGINT closes everything, and ends when the event loop has nothing left.
const READER = `
import { mapSpec } from "@ocelli/bpf";
import { createMap, createRingReader, openKernel } from "@ocelli/linux";
const shape = { type: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096 };
const ring = createMap(openKernel(), mapSpec({ name: "ring", ...shape }));
const reader = createRingReader(ring, { onRecord() {}, lossCounter: { total: () => 0 }, onLoss() {} });
process.once("SIGINT", () => {
  reader[Symbol.dispose]();
  ring[Symbol.dispose]();
  console.log("closed");
});
console.log("ready");
`;

kernelTest(
  "a process that reads ends by itself once SIGINT disposes of its reader",
  needs,
  async () => {
    const child = spawn(
      process.execPath,
      ["--conditions=development", "--input-type=module", "--eval", READER],
      { cwd: join(import.meta.dirname, "../.."), stdio: ["ignore", "pipe", "inherit"] },
    );
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output === "ready\n") child.kill("SIGINT");
    });
    const [code, signal] = (await once(child, "close")) as [number | null, string | null];
    assert.deepEqual([output, code, signal], ["ready\nclosed\n", 0, null]);
  },
);
