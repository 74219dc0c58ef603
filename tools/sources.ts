import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The repository's root folder. */
export const root: string = join(import.meta.dirname, "..");

/** A TypeScript file of the repository, with its path from the root. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** All TypeScript files that people write and read, in a stable order. */
export function sourceFiles(): SourceFile[] {
  const patterns = [
    "packages/*/src/**/*.{ts,tsx}",
    "tools/**/*.ts",
    "bench/**/*.ts",
    "test/**/*.ts",
  ];
  return globSync(patterns, { cwd: root })
    .filter((path) => !path.includes("node_modules"))
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** Whether a file is written by a generator. */
export function isGenerated(path: string): boolean {
  return path.endsWith(".gen.ts");
}

/** Whether a file holds tests. */
export function isTest(path: string): boolean {
  return path.endsWith(".test.ts");
}

/** Prints what a check found and sets the exit code. */
export function report(check: string, problems: readonly string[]): void {
  for (const problem of problems) console.error(problem);
  if (problems.length === 0) return;
  console.error(`${check}: ${problems.length} problem${problems.length === 1 ? "" : "s"}`);
  process.exitCode = 1;
}
