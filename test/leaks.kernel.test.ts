import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";

import { CLANG_PACKAGE, fixturePath, kernelTest } from "@ocelli/testkit";

import type { LeakReport } from "./support/leak-report.ts";

// The issue asks for 100,000 rounds: OCELLI_ROUNDS=100000. A guest of the kernel matrix emulates its processor.
const inGuest = process.env["OCELLI_GUEST"] !== undefined;
const rounds = Number(process.env["OCELLI_ROUNDS"] ?? (inGuest ? 96 : 2000));
// Memory in use: leak-rounds.ts collects garbage and has malloc give back what it keeps.
const RSS_LIMIT = 10 * 2 ** 20;

async function runRounds(): Promise<LeakReport> {
  const script = join(import.meta.dirname, "support/leak-rounds.ts");
  const child = spawn(
    process.execPath,
    [
      "--expose-gc",
      // V8 lets its young generation grow to some 100 MB however little lives in it: that is no leak, and would hide one.
      "--max-semi-space-size=1",
      "--conditions=development",
      script,
      fixturePath("leak-round"),
      rounds.toString(),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let output = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) output += String(chunk);
  // Written by leak-rounds.ts.
  return JSON.parse(output) as LeakReport;
}

kernelTest(
  `${rounds} rounds of load, attach, read, detach and close leave no descriptor, no object of the kernel and no memory`,
  { needs: ["ringbuf"], tools: [CLANG_PACKAGE], timeoutMs: 120_000 + rounds * 20 },
  async (t) => {
    const report = await runRounds();
    const { before, after } = report;
    const grown = after.rssBytes - before.rssBytes;
    t.diagnostic(
      `${report.rounds} rounds in ${report.seconds.toFixed(1)} s, ${(report.rounds / report.seconds).toFixed(0)} per second; ` +
        `RSS ${(before.rssBytes / 2 ** 20).toFixed(1)} MiB, ${(grown / 2 ** 20).toFixed(1)} MiB more at the end`,
    );
    if (process.env["OCELLI_ROUNDS"] !== undefined) console.log(JSON.stringify(report));
    const { rssBytes: _rss, heapBytes: _heap, externalBytes: _external, ...countsBefore } = before;
    const { rssBytes: _rss2, heapBytes: _heap2, externalBytes: _ext2, ...countsAfter } = after;
    assert.deepEqual(countsAfter, countsBefore);
    assert.deepEqual(
      { alive: report.alive, objects: after.objects, mappings: after.mappings },
      {
        alive: { prog: [], map: [], link: [], btf: [] },
        objects: { prog: 0, map: 0, link: 0, btf: 0 },
        mappings: 0,
      },
    );
    // Objects were really made: each kind was seen in the rounds that were looked at.
    assert.ok(
      Object.values(report.noted).every((count) => count > 0),
      JSON.stringify(report.noted),
    );
    assert.ok(
      grown < RSS_LIMIT,
      `RSS grew by ${(grown / 2 ** 20).toFixed(1)} MiB: ${report.rssMiB.join(", ")}`,
    );
  },
);
