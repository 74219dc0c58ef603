// Runs benchmarks, each file in a process of its own:
//   node tools/bench.ts [NAME]…      files bench/NAME.bench.ts, all if none is named
// Prints ratios to the peers measured in the same run. Never fails on a time.
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { basename, join } from "node:path";

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
for (const path of all) {
  if (names.length > 0 && !names.includes(nameOf(path))) continue;
  console.log(`\n# ${nameOf(path)}`);
  const args = ["--conditions=development", join(root, path)];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
