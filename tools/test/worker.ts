// Runs one test file in this process and writes events to file descriptor 3:
//   node tools/test/worker.ts FILE
// A process of its own, since node:test ends the stream of the first run in a process only, and since tests change
// their process: namespaces, limits, what is loaded.
import { writeSync } from "node:fs";
import { join } from "node:path";
import { run } from "node:test";
import { inspect } from "node:util";

import { root } from "../sources.ts";
import { encodeEvent, type TestEvent } from "./outcome.ts";

function send(event: TestEvent): void {
  // Synchronous, so that what was said is out even when the next test ends the process.
  const bytes = Buffer.from(encodeEvent(event));
  for (let sent = 0; sent < bytes.length;) {
    try {
      sent += writeSync(3, bytes, sent);
    } catch (error) {
      // Whoever asked is gone: this process leads a group of its own, and no terminal ends it.
      if ((error as NodeJS.ErrnoException).code === "EPIPE") process.exit(1);
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
}

function describeFailure(error: Error & { failureType?: string }): string {
  return inspect(error.cause instanceof Error ? error.cause : error, { depth: 4, colors: false });
}

/** Time for a file's last hooks when something that cannot be released, such as an interval, keeps the event loop going. */
const LAST_HOOKS_MS = 10_000;

/** The run ends when the event loop is empty: what tests left open, such as a child process, must not keep it going. */
function releaseHandles(file: string): void {
  setTimeout(() => {
    send({ kind: "end", file });
    process.exit(0);
  }, LAST_HOOKS_MS).unref();
  // Node knows them and says so nowhere else in public.
  const { _getActiveHandles: handles } = process as unknown as {
    _getActiveHandles?: () => { unref?: () => void }[];
  };
  for (const handle of handles?.() ?? []) handle.unref?.();
}

async function runFile(file: string): Promise<void> {
  const path: string[] = [];
  const name = (nesting: number, last: string): string =>
    [...path.slice(0, nesting), last].join(" > ");
  const pattern = process.env["OCELLI_TEST_NAME"];
  const stream = run({
    files: [join(root, file)],
    isolation: "none",
    ...(pattern === undefined ? {} : { testNamePatterns: [pattern] }),
  });
  // Tests at the top level that were announced, minus those that ended; all are announced before the first one runs.
  let open = 0;
  stream.on("test:enqueue", (event) => {
    if (event.nesting === 0) open += 1;
  });
  stream.on("test:complete", (event) => {
    if (event.nesting !== 0) return;
    open -= 1;
    if (open === 0) releaseHandles(file);
  });
  stream.on("test:start", (event) => {
    path[event.nesting] = event.name;
  });
  stream.on("test:pass", (event) => {
    if (event.details.type === "suite") return;
    const skipped = event.skip !== undefined;
    send({
      kind: "outcome",
      file,
      name: name(event.nesting, event.name),
      status: skipped ? "skipped" : "passed",
      detail: typeof event.skip === "string" ? event.skip : "",
      durationMs: event.details.duration_ms,
    });
  });
  stream.on("test:fail", (event) => {
    const error: Error & { failureType?: string } = event.details.error;
    // The tests inside have said it already.
    if (error.failureType === "subtestsFailed") return;
    send({
      kind: "outcome",
      file,
      name: name(event.nesting, event.name),
      status: "failed",
      detail: describeFailure(error),
      durationMs: event.details.duration_ms,
    });
  });
  for await (const _event of stream) {
    // The listeners above do the work; reading keeps the stream going.
  }
}

// After the run nobody else listens: what is thrown then belongs to a test of this file.
let running = true;
const file = process.argv[2] ?? "";
process.on("uncaughtException", (error) => {
  if (running) return;
  send({
    kind: "outcome",
    file,
    name: "after the tests",
    status: "failed",
    detail: describeFailure(error),
    durationMs: 0,
  });
});

process.chdir(root);
send({ kind: "start", file });
await runFile(file);
running = false;
// A turn of the event loop for what the tests left behind.
await new Promise((resolve) => setImmediate(resolve));
send({ kind: "end", file });
process.exit(0);
