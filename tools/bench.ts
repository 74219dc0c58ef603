// Runs benchmarks, each file in a process of its own:
//   node tools/bench.ts [NAME]…      files bench/NAME.bench.ts, all if none is named
// Prints ratios to the peers measured in the same run, and all of them in one table at the end. Never fails on a time.
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import type { Row } from "../bench/support/measure.ts";
import { provideTools } from "./debian.ts";
import { root } from "./sources.ts";

const all = globSync("bench/*.bench.ts", { cwd: root }).toSorted();
const names = process.argv.slice(2);
const nameOf = (path: string): string => basename(path, ".bench.ts");
const unknown = names.find((name) => !all.some((path) => nameOf(path) === name));
if (unknown !== undefined) {
  console.error(`Unknown benchmark "${unknown}": use ${all.map(nameOf).join(", ")}`);
  process.exit(2);
}
provideTools();
const folder = mkdtempSync(join(tmpdir(), "ocelli-bench-"));
const results = join(folder, "rows");
writeFileSync(results, "");
for (const path of all) {
  if (names.length > 0 && !names.includes(nameOf(path))) continue;
  console.log(`\n# ${nameOf(path)}`);
  const args = ["--conditions=development", join(root, path)];
  const env = { ...process.env, OCELLI_BENCH_ROWS: results };
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit", env });
  if (status !== 0) process.exitCode = 1;
}
const rows = readFileSync(results, "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line) as Row);
rmSync(folder, { recursive: true });
printTable(rows);

// Each contender beside the first one of its comparison.
function printTable(table: readonly Row[]): void {
  const lines: string[][] = [];
  let first: Row | undefined;
  for (const row of table) {
    if (first?.title !== row.title) first = row;
    else {
      const peer = `${first.name} ${first.value.toFixed(1)}`;
      const own = `${row.name} ${row.value.toFixed(1)}`;
      lines.push([row.title, peer, own, row.unit, `${row.ratio.toFixed(2)}×`]);
    }
  }
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(0, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  console.log("\n# Ratios: above 1 is better than the first\n");
  for (const line of lines)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
}
