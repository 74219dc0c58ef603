import type { Outcome } from "./outcome.ts";

/** Counts outcomes over all lanes and prints what a person needs to know of them. */
export interface Report {
  /** Starts the clock of a lane, e.g. `pure` or `Linux 6.12`. */
  openLane(lane: string): void;
  /** Adds one outcome of a lane. */
  add(lane: string, outcome: Outcome): void;
  /** Adds a failure that belongs to no test, e.g. a guest that does not boot. */
  fail(lane: string, what: string): void;
  /** One line about a lane that is finished. */
  closeLane(lane: string): void;
  /** Skips and failures of all lanes, then the line that counts. `empty` when there was no test at all. */
  finish(): "passed" | "failed" | "empty";
}

interface Lane {
  passed: number;
  failed: number;
  skipped: number;
  readonly files: Set<string>;
  readonly startMs: number;
}

const counts = (lane: Omit<Lane, "files" | "startMs">): string =>
  `${lane.passed} passed, ${lane.failed} failed, ${lane.skipped} skipped`;

/** A report that prints to the console. `verbose` prints every test as it ends. */
export function createReport(verbose: boolean): Report {
  const lanes = new Map<string, Lane>();
  const failures: string[] = [];
  // Reason, then how often in which lane.
  const skips = new Map<string, Map<string, number>>();

  const laneOf = (name: string): Lane => {
    let lane = lanes.get(name);
    if (lane === undefined) {
      lane = { passed: 0, failed: 0, skipped: 0, files: new Set(), startMs: performance.now() };
      lanes.set(name, lane);
    }
    return lane;
  };
  const fail = (lane: string, text: string): void => {
    laneOf(lane).failed += 1;
    failures.push(`${lane}: ${text}`);
    // Seen at once, and again at the end where the last screen shows it.
    console.log(`not ok  ${lane}: ${text.split("\n")[0] ?? ""}`);
  };

  return {
    fail,
    openLane(name) {
      laneOf(name);
    },
    add(laneName, outcome) {
      const lane = laneOf(laneName);
      lane.files.add(outcome.file);
      const title = `${outcome.file}: ${outcome.name}`;
      if (outcome.status === "failed") {
        fail(laneName, `${title}\n${outcome.detail}`);
        return;
      }
      if (outcome.status === "skipped" && outcome.detail === "") {
        fail(laneName, `${title}\nSkipped without a reason`);
        return;
      }
      lane[outcome.status] += 1;
      if (outcome.status === "skipped") {
        const where = skips.get(outcome.detail) ?? new Map<string, number>();
        where.set(laneName, (where.get(laneName) ?? 0) + 1);
        skips.set(outcome.detail, where);
      }
      if (verbose) {
        const reason = outcome.status === "skipped" ? ` (${outcome.detail})` : "";
        const time = `${outcome.durationMs.toFixed(0)} ms`;
        console.log(`${outcome.status}  ${laneName}: ${title}${reason}, ${time}`);
      }
    },
    closeLane(name) {
      const lane = laneOf(name);
      const seconds = ((performance.now() - lane.startMs) / 1000).toFixed(1);
      const files = `${lane.files.size} file${lane.files.size === 1 ? "" : "s"}`;
      console.log(`# ${name}: ${files}, ${counts(lane)} (${seconds} s)`);
    },
    finish() {
      const skipped = [...lanes.values()].reduce((sum, lane) => sum + lane.skipped, 0);
      if (skips.size > 0) console.log(`\n${skipped} skipped:`);
      for (const [reason, where] of skips) {
        const places = [...where].map(([lane, count]) => `${count} in ${lane}`).join(", ");
        console.log(`  ${reason}: ${places}`);
      }
      if (failures.length > 0) console.log("\nFailed:");
      for (const failure of failures) console.log(`\n${failure}`);
      const total = { passed: 0, failed: 0 };
      for (const lane of lanes.values()) {
        total.passed += lane.passed;
        total.failed += lane.failed;
      }
      console.log(`\n${total.passed} passed, ${total.failed} failed`);
      if (total.failed > 0) return "failed";
      return total.passed + skipped === 0 ? "empty" : "passed";
    },
  };
}
