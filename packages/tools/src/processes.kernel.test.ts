import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

import { kernelTest, programFixture } from "@ocelli/testkit";

import { createObserver } from "./observe.ts";

const { observe } = createObserver(programFixture);

/** Computes for so long by the processor's time, however many others want the processor. */
const busy = (ms: number): void => {
  const before = process.cpuUsage();
  for (;;) {
    const { user, system } = process.cpuUsage(before);
    if (user + system >= ms * 1000) return;
  }
};

kernelTest(
  "execsnoop tells programs with their arguments",
  { needs: ["tp_btf", "ringbuf"] },
  async () => {
    const long = "y".repeat(600);
    const rows = await observe("execsnoop", () => {
      spawnSync("sh", ["-c", "true; exit 3", "one", "two words"]);
      spawnSync("sh", ["-c", "exit", long]);
    });
    const mine = rows.filter(({ parent }) => parent === process.pid);
    assert.deepEqual(
      mine.map(({ comm, args, uid }) => ({ comm, args, uid })),
      [
        { comm: "sh", args: ["sh", "-c", "true; exit 3", "one", "two words"], uid: 0 },
        {
          comm: "sh",
          args: ["sh", "-c", "exit", long.slice(0, 512 - "sh -c exit ".length)],
          uid: 0,
        },
      ],
    );
    assert.match(String(mine[0]?.["file"]), /\/sh$|\/dash$|\/busybox$/);
  },
);

kernelTest("exitsnoop tells how processes end", { needs: ["tp_btf", "ringbuf"] }, async () => {
  const rows = await observe("exitsnoop", () => {
    spawnSync("sh", ["-c", "exit 3"]);
    spawnSync("sh", ["-c", "kill -9 $$"]);
  });
  const mine = rows.filter(({ parent, comm }) => parent === process.pid && comm === "sh");
  assert.deepEqual(
    mine.map(({ status, signal }) => ({ status, signal })),
    [
      { status: 3, signal: 0 },
      { status: 0, signal: 9 },
    ],
  );
  for (const { age_ms: age } of mine) assert.ok(Number(age) > 0 && Number(age) < 20_000);
});

kernelTest("sigsnoop tells who sends which signal to whom", { needs: ["ringbuf"] }, async () => {
  const rows = await observe("sigsnoop", () => {
    spawnSync("sh", ["-c", "kill -URG $PPID"]);
  });
  const mine = rows.filter(({ target, signal }) => target === process.pid && signal === 23);
  assert.equal(mine.length, 1);
  assert.equal(mine[0]?.["comm"], "sh");
  const only = await observe(
    "sigsnoop",
    () => {
      spawnSync("sh", ["-c", "kill -URG $PPID"]);
    },
    { config: { signal: 1 } },
  );
  assert.equal(only.filter(({ signal }) => signal !== 1).length, 0);
});

kernelTest("syscount counts the calls of one process", {}, async () => {
  const rows = await observe(
    "syscount",
    () => {
      for (let i = 0; i < 100; i += 1) process.umask();
    },
    { config: { process: process.pid } },
  );
  // umask(2)
  const call = process.arch === "arm64" ? 166 : 95;
  const row = rows.find((one) => one["call"] === call);
  assert.ok(
    Number(row?.["count"]) >= 100,
    JSON.stringify(row, (_, value: unknown) => String(value)),
  );
  assert.ok(Number(row?.["us"]) > 0);
});

/** Slots of a histogram with their counts. */
function slotsOf(rows: readonly Readonly<Record<string, unknown>>[]): [number, number][] {
  return rows.map((row) => [Number(row["us_from"]), Number(row["count"])]);
}

kernelTest("runqlat measures waits for a processor", {}, async () => {
  const rows = await observe("runqlat", async () => {
    for (let i = 0; i < 20; i += 1) await sleep(2);
  });
  const total = slotsOf(rows).reduce((sum, [, count]) => sum + count, 0);
  assert.ok(total >= 20, `${total} waits`);
});

kernelTest("cpudist measures how long a thread runs", {}, async () => {
  const rows = await observe(
    "cpudist",
    async () => {
      for (let i = 0; i < 10; i += 1) {
        busy(3);
        await sleep(3);
      }
    },
    { config: { thread: process.pid } },
  );
  const slots = slotsOf(rows);
  const total = slots.reduce((sum, [, count]) => sum + count, 0);
  // Its last time is not over yet, and a short sleep may be none on a slow machine.
  assert.ok(total >= 4, `${total} times`);
  assert.ok(
    slots.some(([from, count]) => from >= 256 && count > 0),
    JSON.stringify(slots),
  );
});

kernelTest("offcputime measures where a process waits", {}, async () => {
  const rows = await observe(
    "offcputime",
    async () => {
      for (let i = 0; i < 3; i += 1) await sleep(40);
    },
    { config: { process: process.pid } },
  );
  assert.ok(rows.every(({ pid }) => pid === process.pid));
  const main = rows.filter(({ tid }) => tid === process.pid);
  const waited = main.reduce((sum, { us }) => sum + Number(us), 0);
  assert.ok(waited > 60_000, `${waited} us`);
  assert.ok(main.some(({ kernel }) => Array.isArray(kernel) && kernel.length > 2));
});

kernelTest("profile samples what a process runs", { needs: ["perf_event"] }, async () => {
  const rows = await observe(
    "profile",
    () => {
      busy(400);
    },
    { config: { process: process.pid } },
  );
  const total = rows.reduce((sum, { count }) => sum + Number(count), 0);
  assert.ok(rows.every(({ pid }) => pid === process.pid));
  assert.ok(total >= 3, `${total} samples`);
});

kernelTest("softirqs measures soft interrupts by kind", {}, async () => {
  const rows = await observe("softirqs", async () => {
    for (let i = 0; i < 10; i += 1) await sleep(5);
  });
  assert.ok(rows.length > 0);
  for (const { kind, count, us } of rows) {
    assert.match(String(kind), /^[A-Z_]+$/);
    assert.ok(Number(count) > 0 && Number(us) >= 0);
  }
});

kernelTest("drsnoop starts where memory is enough", { needs: ["ringbuf"] }, async () => {
  const rows = await observe("drsnoop", () => undefined);
  for (const { us, pages } of rows) assert.ok(Number(us) > 0 && Number(pages) >= 0);
});
