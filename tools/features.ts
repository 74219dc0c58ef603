// Writes docs/features.md from the tests in test/features:
//   npm run features
//   npm run features -- --check        writes nothing; fails when the file would change
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";

import { compareReleases, minimumKernel, type Feature } from "@ocelli/linux";

import type { ListedFeature } from "../test/support/feature-list.ts";
import { KERNELS } from "./matrix/kernels.ts";
import { root } from "./sources.ts";

const HEAD = `# Features

Every row is a test: C from \`test/fixtures\`, built by clang, is loaded by \`loadCollection()\`, attached by \`attach()\` or run, made
to happen, and its values are compared. \`npm run features\` writes this page from \`test/features\`; a test compares it.

A kernel of the matrix is listed where it is as new as what the test needs: there the test must pass, and is skipped only if that
kernel is built without the feature, e.g. kprobe.multi in Debian's 6.1. The fixtures of features that do not attach, CO-RE's thirteen
kinds and static probes are tested beside their sources.
`;

function kernelsOf(needs: readonly Feature[]): { readonly since: string; readonly runs: string } {
  const since = needs
    .map((need) => minimumKernel(need, "x64"))
    .reduce((a, b) => (compareReleases(a, b) >= 0 ? a : b), "5.10");
  const runs = KERNELS.map(({ release }) => release).filter(
    (release) => compareReleases(release, since) >= 0,
  );
  return { since: since === "5.10" ? "" : since, runs: runs.join(", ") };
}

function tableOf(file: string, rows: readonly ListedFeature[]): string {
  const cells = [["feature", "fixture", "after 5.10", "kernels"]];
  for (const { feature, fixture, needs } of rows) {
    const { since, runs } = kernelsOf(needs);
    cells.push([feature, `\`${fixture}\``, since, runs]);
  }
  // The formatter aligns columns.
  const widths = [0, 1, 2, 3].map((at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const rule = widths.map((width) => "-".repeat(width));
  const [head = [], ...rest] = cells;
  const lines = [head, rule, ...rest].map(line);
  return `## ${basename(file, ".kernel.test.ts")}\n\n${lines.join("\n")}\n`;
}

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
// The test files look at this when they are imported.
process.env["OCELLI_LIST_FEATURES"] = "1";
const { listed = [] } = await import("../test/support/feature-list.ts");
const parts = [HEAD];
for (const file of globSync("test/features/*.kernel.test.ts", { cwd: root }).toSorted()) {
  const before = listed.length;
  await import(join(root, file));
  parts.push(tableOf(file, listed.slice(before)));
}
const text = parts.join("\n");
const path = join(root, "docs/features.md");
const present = existsSync(path) ? readFileSync(path, "utf8") : "";
if (present !== text) {
  if (values.check) process.exitCode = 1;
  else writeFileSync(path, text);
  console.log(`${values.check ? "differs" : "written"}  docs/features.md`);
}
