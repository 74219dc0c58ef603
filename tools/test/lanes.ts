import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { root } from "../sources.ts";

/** The lanes, in the order in which they run. */
export const LANES = ["pure", "kernel", "matrix"] as const;

/** Where tests run: anywhere, on this machine's kernel as root, on the kernels of the matrix. */
export type Lane = (typeof LANES)[number];

/** Test files of a lane whose path contains `only`. A file's name says its lane; the matrix runs the kernel lane too. */
export function filesOf(lane: Lane, only: string | undefined): string[] {
  const suffix = /\.(kernel|matrix)\.test\.ts$/;
  return globSync("{packages,test,tools,bench}/**/*.test.ts", {
    cwd: root,
    exclude: ["**/node_modules/**"],
  })
    .filter((path) => {
      const own = suffix.exec(path)?.[1] ?? "pure";
      return own === lane || (lane === "matrix" && own === "kernel");
    })
    .filter((path) => only === undefined || path.includes(only))
    .toSorted();
}

/** Files that share a process: starting one and loading the library costs more than most tests do. */
const FILES_PER_PROCESS = 16;

/** In a file that changes its process for good, e.g. by moving into another namespace. */
const OWN_PROCESS = /^\/\/ Needs a process of its own/m;

/** Files in groups that run one after the other in one process, in order; one that needs its process is alone. */
export function groupFiles(files: readonly string[]): string[][] {
  const alone: string[][] = [];
  const shared: string[][] = [];
  for (const file of files) {
    if (OWN_PROCESS.test(readFileSync(join(root, file), "utf8"))) {
      alone.push([file]);
      continue;
    }
    const last = shared.at(-1);
    if (last !== undefined && last.length < FILES_PER_PROCESS) last.push(file);
    else shared.push([file]);
  }
  return [...shared, ...alone];
}

/** In a file that tests what is ours, where the kernel only answers: no further release says more. */
const FEWER = /^\/\/ Matrix: the (oldest and the newest|newest) kernel/m;

/** Where a kernel stands in the matrix; `only` when it was asked for by name. */
export type KernelPlace = "oldest" | "newest" | "between" | "only";

/** The files that a kernel of the matrix runs: some are for its first and its last kernel, or its last one. */
export function filesOfKernel(files: readonly string[], place: KernelPlace): string[] {
  return files.filter((file) => {
    const kernels = FEWER.exec(readFileSync(join(root, file), "utf8"))?.[1];
    if (kernels === undefined || place === "only" || place === "newest") return true;
    return place === "oldest" && kernels !== "newest";
  });
}
