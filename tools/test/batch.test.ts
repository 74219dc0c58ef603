import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { root } from "../sources.ts";
import { runBatch } from "./batch.ts";

const folder = `.cache/batch-${process.pid}`;

/** Runs files made of these texts; what the batch says, one line per event. */
async function run(texts: readonly string[]): Promise<string[]> {
  mkdirSync(join(root, folder), { recursive: true });
  const files = texts.map((text, index) => {
    const file = `${folder}/f${index}.test.ts`;
    const head = 'import { after, describe, test } from "node:test";\n';
    writeFileSync(join(root, file), head + text);
    return file;
  });
  const lines: string[] = [];
  try {
    await runBatch(files, {
      onEvent(event) {
        if (event.kind !== "outcome") return;
        const file = event.file.slice(folder.length + 1, -".test.ts".length);
        const detail = event.detail.split("\n")[0] ?? "";
        lines.push(`${file} ${event.name}: ${event.status} ${detail}`.trimEnd());
      },
    });
  } finally {
    rmSync(join(root, folder), { recursive: true });
  }
  return lines;
}

test("runBatch() names tests after their suites, and gives reasons", async () => {
  assert.deepEqual(
    await run([
      'describe("outer", () => { test("inner", () => {}); });',
      'test("bad", () => { throw new Error("boom"); });\ntest("not here", { skip: "too old" }, () => {});',
    ]),
    ["f0 outer > inner: passed", "f1 bad: failed Error: boom", "f1 not here: skipped too old"],
  );
});

test("runBatch() goes on after a test that takes its process down", async () => {
  assert.deepEqual(
    await run([
      'test("fine", () => {});',
      'test("fatal", () => { process.kill(process.pid, "SIGKILL"); });\ntest("never", () => {});',
      'test("next", () => {});',
    ]),
    [
      "f0 fine: passed",
      "f1 the test process: failed The process ended before the file's tests did: SIGKILL",
      "f2 next: passed",
    ],
  );
});

test("runBatch() keeps hooks in their file and reports a file that does not load", async () => {
  assert.deepEqual(
    await run([
      'import { afterEach } from "node:test";\nafterEach(() => { throw new Error("hook"); });\ntest("hooked", () => {});',
      'test("free", () => {});',
      'throw new Error("at load");',
      'test("last", () => {});',
    ]),
    [
      "f0 hooked: failed Error: hook",
      "f1 free: passed",
      "f2 the file: failed Error: at load",
      "f3 last: passed",
    ],
  );
});

test("runBatch() gives a process of its own to a file that asks for it", async () => {
  const write = "globalThis.changed = true;";
  const look = 'test("alone", () => { if (globalThis.changed) throw new Error("shared"); });';
  assert.deepEqual(
    await run([
      `${write}\ntest("changes", () => {});`,
      `// Needs a process of its own: it looks at what others change.\n${look}`,
      look,
    ]),
    ["f0 changes: passed", "f2 alone: failed Error: shared", "f1 alone: passed"],
  );
});

test("runBatch() ends the processes that a test forgot", async () => {
  const start = performance.now();
  const child = `spawn("sleep", ["60"], { stdio: ["ignore", "ignore", "inherit"] })`;
  assert.deepEqual(
    await run([
      `import { spawn } from "node:child_process";\ntest("forgets", () => { ${child}; });`,
      'test("next", () => {});',
    ]),
    ["f0 forgets: passed", "f1 next: passed"],
  );
  assert.ok(performance.now() - start < 30_000);
});
