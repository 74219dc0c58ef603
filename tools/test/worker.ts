// Runs test files one after the other in this process and writes events to file descriptor 3:
//   node tools/test/worker.ts FILE…
// Each file gets a test run of its own, so hooks at a file's top level stay in that file.
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
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
}

function describeFailure(error: Error & { failureType?: string }): string {
  return inspect(error.cause instanceof Error ? error.cause : error, { depth: 4, colors: false });
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

// Between two runs nobody else listens: what is thrown then belongs to a test of the file before.
let running = false;
let previous = "";
process.on("uncaughtException", (error) => {
  if (running) return;
  send({
    kind: "outcome",
    file: previous,
    name: "after the tests",
    status: "failed",
    detail: describeFailure(error),
    durationMs: 0,
  });
});

process.chdir(root);
for (const file of process.argv.slice(2)) {
  send({ kind: "start", file });
  running = true;
  await runFile(file);
  running = false;
  previous = file;
  // A turn of the event loop for what the tests left behind.
  await new Promise((resolve) => setImmediate(resolve));
  send({ kind: "end", file });
}
// A handle that a test left open does not hold up the others.
process.exit(0);
