// Runs the tests by lane:
//   node tools/test.ts [pure] [kernel] [matrix] [--only TEXT]      without a lane: pure and kernel
// A test file's name says its lane: x.test.ts is pure, x.kernel.test.ts needs root on Linux, x.matrix.test.ts needs a
// kernel of the matrix. The last line counts: `N passed, N failed, N skipped`.
import { globSync } from "node:fs";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { parseArgs } from "node:util";

import { provideTools } from "./debian.ts";
import { root } from "./sources.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string" } },
});
const lanes = positionals.length === 0 ? ["pure", "kernel"] : positionals;
const unknown = lanes.find((lane) => !["pure", "kernel", "matrix"].includes(lane));
if (unknown !== undefined) {
  console.error(`Unknown lane "${unknown}": use pure, kernel or matrix`);
  process.exit(2);
}

const totals = { passed: 0, failed: 0, skipped: 0 };
const unexplained: string[] = [];

function filesOf(lane: string): string[] {
  const files = globSync("{packages,test,tools}/**/*.test.ts", {
    cwd: root,
    exclude: ["**/node_modules/**"],
  });
  const suffix = /\.(kernel|matrix)\.test\.ts$/;
  return files
    .filter((path) => (suffix.exec(path)?.[1] ?? "pure") === lane)
    .filter((path) => values.only === undefined || path.includes(values.only))
    .toSorted();
}

async function runLane(lane: string): Promise<void> {
  const files = filesOf(lane);
  if (files.length === 0) return;
  console.log(`\n# ${lane}: ${files.length} file${files.length === 1 ? "" : "s"}`);
  const stream = run({
    files,
    cwd: root,
    concurrency: lane === "pure" ? true : 1,
    isolation: "process",
    execArgv: ["--conditions=development", "--disable-warning=ExperimentalWarning"],
    timeout: 300_000,
  });
  stream.on("test:pass", (event) => {
    if (event.details.type === "suite") return;
    if (event.skip === undefined) {
      totals.passed += 1;
      return;
    }
    totals.skipped += 1;
    if (typeof event.skip !== "string" || event.skip === "")
      unexplained.push(`${event.file ?? "?"}: ${event.name}`);
  });
  stream.on("test:fail", (event) => {
    if (event.details.type !== "suite") totals.failed += 1;
  });
  // compose() is typed as any; a reporter is a stream of text.
  const reporter = stream.compose(new spec()) as AsyncIterable<unknown>;
  for await (const chunk of reporter) process.stdout.write(String(chunk));
}

const missing = provideTools();
if (missing.length > 0) {
  // Tests that need one of these skip with the same words.
  process.env["OCELLI_MISSING_TOOLS"] = missing.map((tool) => tool.package).join(" ");
  console.log(
    `Missing: ${missing.map((tool) => `${tool.package} (${tool["needed for"]})`).join(", ")}`,
  );
  console.log(`Install with: apt-get install ${missing.map((tool) => tool.package).join(" ")}`);
}
for (const lane of lanes) await runLane(lane);
for (const name of unexplained) console.error(`Skipped without a reason: ${name}`);
totals.failed += unexplained.length;
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed === 0 ? 0 : 1;
