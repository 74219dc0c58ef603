// Runs the tests by lane:
//   node tools/test.ts [pure] [kernel] [matrix] [--only TEXT] [--name REGEXP] [--verbose]     without a lane: pure, kernel
//   node tools/test.ts matrix [--kernel 6.12]… [--arch arm64] [--only TEXT]
// A test file's name says its lane: x.test.ts is pure, x.kernel.test.ts needs root on Linux, x.matrix.test.ts needs a
// kernel of the matrix. Exits with 1 when a test failed, with 2 when the arguments name no test. The last line counts: `N passed, N failed`.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

import { provideTools } from "./debian.ts";
import { runMatrix } from "./matrix/run.ts";
import { runBatch } from "./test/batch.ts";
import { filesOf, LANES, type Lane } from "./test/lanes.ts";
import { createReport } from "./test/report.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string" },
    name: { type: "string" },
    kernel: { type: "string", multiple: true },
    arch: { type: "string", default: process.arch },
    verbose: { type: "boolean", default: false },
  },
});

function isLane(name: string): name is Lane {
  return LANES.some((lane) => lane === name);
}

const unknown = positionals.find((name) => !isLane(name));
if (unknown !== undefined) {
  console.error(`Unknown lane "${unknown}": use ${LANES.join(", ")}`);
  process.exit(2);
}
const asked = positionals.filter(isLane);
const lanes = LANES.filter((lane) =>
  asked.length === 0 ? lane !== "matrix" : asked.includes(lane),
);

const noFile = lanes.every((lane) => filesOf(lane, values.only).length === 0);
if (noFile) {
  const asked = `--only ${JSON.stringify(values.only ?? "")}`;
  console.error(`Cannot run ${asked}: no test file of ${lanes.join(", ")} has that in its path`);
  process.exit(2);
}

const report = createReport(values.verbose);

/** Spreads files over `count` processes; neighbours land in different ones. */
async function runHere(lane: Lane, count: number): Promise<void> {
  const files = filesOf(lane, values.only);
  if (files.length === 0) return;
  report.openLane(lane);
  const batches = Array.from({ length: Math.min(count, files.length) }, (_, index) =>
    files.filter((_file, position) => position % count === index),
  );
  await Promise.all(
    batches.map((batch) =>
      runBatch(batch, {
        testName: values.name,
        onEvent: (event) => {
          if (event.kind === "outcome") report.add(lane, event);
        },
      }),
    ),
  );
  report.closeLane(lane);
}

const missing = provideTools();
if (missing.length > 0) {
  const packages = [...new Set(missing.map((tool) => tool.package))].join(" ");
  // Tests that need one of these skip with the same words.
  process.env["OCELLI_MISSING_TOOLS"] = packages;
  for (const tool of missing) console.log(`Missing: ${tool.package}, for ${tool["needed for"]}`);
  console.log(`Install with: apt-get install ${packages}`);
}
for (const lane of lanes) {
  if (lane === "matrix") {
    await runMatrix(report, {
      files: filesOf(lane, values.only),
      testName: values.name,
      releases: values.kernel,
      architecture: values.arch === "arm64" ? "arm64" : "x64",
    });
  } else {
    await runHere(lane, lane === "pure" ? availableParallelism() : 1);
  }
}
const ending = report.finish();
if (ending === "empty") console.error("No test ran: --name matches none");
process.exitCode = { passed: 0, failed: 1, empty: 2 }[ending];
