import { spawn } from "node:child_process";
import { join } from "node:path";

import { root } from "../sources.ts";
import { groupFiles } from "./lanes.ts";
import { eventDecoder, type TestEvent } from "./outcome.ts";

const worker = join(root, "tools/test/worker.ts");

/** How long a worker may say nothing before it is ended: longer than any test's own limit, which is 60 s, in a guest 240 s. */
const SILENCE_MS =
  process.env["OCELLI_ROUNDS"] !== undefined
    ? 3_600_000 // As long as was asked for.
    : process.env["OCELLI_GUEST"] === undefined
      ? 150_000
      : 300_000;

/** Characters of a worker's standard error that are kept for the report of its death. */
const LAST_WORDS = 4000;

/** How a batch runs. */
export interface BatchOptions {
  /** A regular expression that test names must match. */
  readonly testName?: string | undefined;
  readonly onEvent: (event: TestEvent) => void;
}

/** Runs a worker over `files`; resolves with the file it died in and how, or with nothing. */
function runWorker(
  files: readonly string[],
  options: BatchOptions,
  finished: Set<string>,
): Promise<{ readonly file: string; readonly how: string } | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ["--conditions=development", "--disable-warning=ExperimentalWarning", worker, ...files],
      {
        cwd: root,
        // Leads a process group, so that what its tests leave behind ends with it.
        detached: true,
        stdio: ["ignore", "inherit", "pipe", "pipe"],
        env: {
          ...process.env,
          ...(options.testName === undefined ? {} : { OCELLI_TEST_NAME: options.testName }),
        },
      },
    );
    const endGroup = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // Nobody is left.
      }
    };
    let current = files[0] ?? "";
    let silent = false;
    // What it said last explains most deaths.
    let lastWords = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      process.stderr.write(chunk);
      lastWords = (lastWords + chunk.toString()).slice(-LAST_WORDS);
    });
    const timer = setTimeout(() => {
      silent = true;
      endGroup();
    }, SILENCE_MS);
    const decode = eventDecoder((event) => {
      timer.refresh();
      if (event.kind === "start") current = event.file;
      if (event.kind === "end") finished.add(event.file);
      options.onEvent(event);
    });
    child.stdio[3]?.on("data", (chunk: Buffer) => {
      decode(chunk.toString("ascii"));
    });
    child.on("error", reject);
    // What a test started and forgot would hold the worker's standard error open, and "close" would not come.
    child.on("exit", endGroup);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (files.every((file) => finished.has(file))) {
        resolve(undefined);
        return;
      }
      const end = signal === null ? `exit code ${code ?? 0}` : signal;
      const how = silent ? `no test ended within ${SILENCE_MS / 1000} s` : end;
      resolve({ file: current, how: `${how}\n${lastWords}`.trimEnd() });
    });
  });
}

/**
 * Runs test files in order, several in a process. When a test takes its process down, that is a failure of its file, and a
 * new process goes on with the files after it.
 */
export async function runBatch(files: readonly string[], options: BatchOptions): Promise<void> {
  const finished = new Set<string>();
  for (const group of groupFiles(files)) {
    for (let rest = group; rest.length > 0; rest = rest.filter((file) => !finished.has(file))) {
      const death = await runWorker(rest, options, finished);
      if (death === undefined) continue;
      finished.add(death.file);
      options.onEvent({
        kind: "outcome",
        file: death.file,
        name: "the test process",
        status: "failed",
        detail: `The process ended before the file's tests did: ${death.how}`,
        durationMs: 0,
      });
      options.onEvent({ kind: "end", file: death.file });
    }
  }
}
