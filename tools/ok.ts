// Everything a change must pass, in one command. Stops at the first group that fails, and says how long each took.
//   node tools/ok.ts [--checks | arguments of tools/test.ts]      --checks: everything but the tests
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";

import { root } from "./sources.ts";

const node = (script: string, ...args: string[]): string[] => [
  process.execPath,
  "--conditions=development",
  script,
  ...args,
];
const bin = (name: string, ...args: string[]): string[] => [
  join(root, "node_modules/.bin", name),
  ...args,
];
const pure = globSync("packages/*/tsconfig.json", { cwd: root }).toSorted();

const args = process.argv.slice(2);
const checksOnly = args.includes("--checks");
const steps: [name: string, command: string[]][] = [
  ["format", bin("oxfmt", "--check")],
  ["lint", bin("oxlint", "--type-aware", "--deny-warnings")],
  ["types", bin("tsc", "-p", "tsconfig.json")],
  ...pure.map((path): [string, string[]] => [
    `types of ${path.split("/")[1]}`,
    bin("tsc", "-p", path),
  ]),
  ["layers", node("tools/check-layers.ts")],
  ["files", node("tools/check-files.ts")],
  ["public interface", node("tools/api.ts", "--check")],
  ["lock", node("tools/check-lock.ts")],
  ["unused", bin("knip", "--no-progress")],
  ...(checksOnly ? [] : [["tests", node("tools/test.ts", ...args)] satisfies [string, string[]]]),
];

for (const [name, [command = "", ...args]] of steps) {
  const start = performance.now();
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${status === 0 ? "ok" : "FAILED"}  ${name} (${seconds} s)`);
  if (status !== 0) process.exit(1);
}
