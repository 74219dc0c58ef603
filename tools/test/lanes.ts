import { globSync } from "node:fs";

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
