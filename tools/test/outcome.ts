/** How one test ended. */
export interface Outcome {
  readonly kind: "outcome";
  /** The test file's path from the repository's root. */
  readonly file: string;
  /** The test's name after those of the suites around it. */
  readonly name: string;
  readonly status: "passed" | "failed" | "skipped";
  /** Why it was skipped, or the failure as Node prints it. */
  readonly detail: string;
  readonly durationMs: number;
}

/**
 * What a worker or a guest says while it runs tests, one JSON text per line.
 *
 * - `start`, `end`: a test file begins, is finished
 * - `outcome`: one test
 * - `boot`: a guest is up; `release` is its kernel
 * - `done`: a guest has nothing more to say
 */
export type TestEvent =
  | { readonly kind: "start"; readonly file: string }
  | { readonly kind: "end"; readonly file: string }
  | Outcome
  | { readonly kind: "boot"; readonly release: string }
  | { readonly kind: "done" };

// Marks the lines of the protocol where they share a console with anything else (ASCII "record separator").
const MARK = "\u001E";

/** An event as a line of the protocol: ASCII only, so that no channel can cut a character in two. */
export function encodeEvent(event: TestEvent): string {
  const json = JSON.stringify(event).replaceAll(
    /[\u007F-\uFFFF]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${MARK}${json}\n`;
}

/** Collects chunks of text and calls back for each whole line that is an event; other lines are dropped. */
export function eventDecoder(onEvent: (event: TestEvent) => void): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const start = line.indexOf(MARK);
      if (start < 0) continue;
      try {
        // Only encodeEvent() writes this mark.
        onEvent(JSON.parse(line.slice(start + 1)) as TestEvent);
      } catch {
        // A line that something else wrote into: the totals of the file show that it is missing.
      }
    }
  };
}
