// Runs test files one after the other in this process and writes events to file descriptor 3:
//   node tools/test/worker.ts FILE…
import { writeSync } from "node:fs";
import { join } from "node:path";
import { run } from "node:test";
import { inspect } from "node:util";

import { root } from "../sources.ts";
import { encodeEvent, type TestEvent } from "./outcome.ts";

/** Time for the last hooks when something that cannot be released, such as an interval, keeps the event loop going. */
const LAST_HOOKS_MS = 10_000;

const files = process.argv.slice(2);

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

function fail(file: string, name: string, error: unknown, durationMs: number): void {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const detail = inspect(cause, { depth: 4, colors: false });
  send({ kind: "outcome", file, name, status: "failed", detail, durationMs });
}

/** The run ends when the event loop is empty: what tests left open, such as a child process, must not keep it going. */
function releaseHandles(): void {
  setTimeout(() => process.exit(0), LAST_HOOKS_MS).unref();
  // Node knows them and says so nowhere else in public.
  const { _getActiveHandles: handles } = process as unknown as {
    _getActiveHandles?: () => { unref?: () => void }[];
  };
  for (const handle of handles?.() ?? []) handle.unref?.();
}

async function runFiles(): Promise<void> {
  // Names of the suites around a test; the outermost suite is the file, see group.ts.
  const path: string[] = [];
  const name = (nesting: number, last: string): string =>
    [...path.slice(1, nesting), last].join(" > ");
  const pattern = process.env["OCELLI_TEST_NAME"];
  let open = files.length;
  const end = (file: string): void => {
    send({ kind: "end", file });
    open -= 1;
    if (open === 0) releaseHandles();
  };
  const stream = run({
    files: [join(root, "tools/test/group.ts")],
    isolation: "none",
    ...(pattern === undefined ? {} : { testNamePatterns: [pattern] }),
  });
  stream.on("test:dequeue", (event) => {
    if (event.nesting !== 0) return;
    send({ kind: "start", file: event.name });
  });
  stream.on("test:start", (event) => {
    path[event.nesting] = event.name;
  });
  stream.on("test:pass", (event) => {
    if (event.nesting === 0) end(event.name);
    if (event.details.type === "suite") return;
    const skipped = event.skip !== undefined;
    send({
      kind: "outcome",
      file: path[0] ?? "",
      name: name(event.nesting, event.name),
      status: skipped ? "skipped" : "passed",
      detail: typeof event.skip === "string" ? event.skip : "",
      durationMs: event.details.duration_ms,
    });
  });
  stream.on("test:fail", (event) => {
    const error: Error & { failureType?: string } = event.details.error;
    // The tests inside have said it already.
    if (error.failureType !== "subtestsFailed") {
      const what = event.nesting === 0 ? "the file" : name(event.nesting, event.name);
      fail(path[0] ?? event.name, what, error, event.details.duration_ms);
    }
    if (event.nesting === 0) end(event.name);
  });
  for await (const _event of stream) {
    // The listeners above do the work; reading keeps the stream going.
  }
}

process.chdir(root);
await runFiles();
process.exit(0);
