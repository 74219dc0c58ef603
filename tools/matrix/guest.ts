// Runs in a guest: the test files that /files.json names, with events written to the device given as argument.
import { openSync, readFileSync, writeSync } from "node:fs";
import { release } from "node:os";

import { runBatch } from "../test/batch.ts";
import { encodeEvent, type TestEvent } from "../test/outcome.ts";

/** What the host asks of a guest. */
export interface GuestTask {
  readonly files: readonly string[];
  readonly testName?: string | undefined;
}

const device = openSync(process.argv[2] ?? "/dev/console", "w");
const send = (event: TestEvent): void => {
  const bytes = Buffer.from(encodeEvent(event));
  for (let sent = 0; sent < bytes.length;) sent += writeSync(device, bytes, sent);
};

// The host wrote the file for this program.
const task = JSON.parse(readFileSync("/files.json", "utf8")) as GuestTask;
send({ kind: "boot", release: release() });
await runBatch(task.files, { testName: task.testName, onEvent: send });
send({ kind: "done" });
