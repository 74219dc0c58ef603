import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";

import { kernelTest } from "@ocelli/testkit";

import { Sensor } from "./sensor.ts";

/** OCELLI_EVENTS=1000000 for a long run. */
const EVENTS = Number(process.env["OCELLI_EVENTS"] ?? 10_000);

interface Outcome {
  readonly handed: number;
  readonly emitted: number;
  readonly lost: number;
  readonly numbers: Set<string>;
  readonly twice: number;
}

/** Lets a process unlink `EVENTS` different names that do not exist, as fast as it can. */
async function run(ringBytes: number, isRead: boolean): Promise<Outcome> {
  const mark = `/ocelli-none-${process.pid}-`;
  const numbers = new Set<string>();
  let handed = 0;
  let twice = 0;
  const sensor = new Sensor({
    events: ["unlink"],
    ringBytes,
    onEvent: (event) => {
      const path = sensor.provider.resolve("evt.arg", "path")?.read(event);
      if (typeof path !== "string" || !path.startsWith(mark)) return;
      handed += 1;
      if (numbers.has(path)) twice += 1;
      numbers.add(path);
    },
  });
  using _ = sensor;
  const before = ofUnlink(sensor);
  const script = `
    const fs = require("node:fs");
    for (let i = 0; i < ${EVENTS}; i += 1) { try { fs.unlinkSync("${mark}" + i); } catch {} }`;
  const child = spawn(process.execPath, ["-e", script], { stdio: "ignore" });
  // Without a turn of the event loop nobody empties the ring.
  if (isRead) await once(child, "close");
  else {
    const closed = once(child, "close");
    const end = Date.now() + 60_000;
    while (ofUnlink(sensor).all - before.all < EVENTS && Date.now() < end)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    await closed;
  }
  sensor.consume();
  const after = ofUnlink(sensor);
  return {
    handed,
    emitted: after.emitted - before.emitted,
    lost: after.lost - before.lost,
    numbers,
    twice,
  };
}

function ofUnlink(sensor: Sensor): { emitted: number; lost: number; all: number } {
  const { emitted = 0, lost = 0 } = sensor.counts().find(({ name }) => name === "unlink") ?? {};
  return { emitted, lost, all: emitted + lost };
}

kernelTest(
  "nothing is missing and nothing comes twice while the ring is read",
  { timeoutMs: 300_000 },
  async () => {
    const { handed, lost, numbers, twice } = await run(8 << 20, true);
    assert.deepEqual(
      { handed: handed + lost, different: numbers.size + lost, twice },
      { handed: EVENTS, different: EVENTS, twice: 0 },
    );
  },
);

kernelTest(
  "what does not fit into the ring is counted, to the last one",
  { timeoutMs: 300_000 },
  async () => {
    const { handed, emitted, lost, numbers, twice } = await run(64 << 10, false);
    assert.ok(lost > 0, "some are lost");
    assert.ok(emitted + lost >= EVENTS);
    // Others on this host may unlink too: theirs are among the counts.
    assert.ok(handed <= emitted && handed === numbers.size);
    assert.ok(handed + lost >= EVENTS, `${handed} handed out, ${lost} lost`);
    assert.equal(twice, 0);
  },
);
