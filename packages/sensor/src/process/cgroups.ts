import { readFileSync } from "node:fs";

import { containerOf, type Container } from "./container.ts";

/** Where a process stands among control groups. */
export interface CgroupPlace {
  readonly path: string;
  readonly container: Container | undefined;
}

const MOST_PATHS = 8192;
const NOWHERE: CgroupPlace = { path: "", container: undefined };

/** Finds the control groups of processes, and remembers them by the id that the kernel gives the group. */
export interface Cgroups {
  /** `id` is of the unified tree, 0 where not known. */
  find(pid: number, id: bigint): CgroupPlace | undefined;
}

/** Reads `/proc`; on hosts whose containers live in the older trees it does so for every program that is started. */
export function hostCgroups(root: string = "/proc"): Cgroups {
  const known = new Map<bigint, CgroupPlace>();
  // Only where all controllers are in the unified tree does its id tell everything.
  const isUnified = readLines(`${root}/self/cgroup`)?.every((line) => line.startsWith("0::"));
  return {
    find(pid, id) {
      const found = isUnified === true && id !== 0n ? known.get(id) : undefined;
      if (found !== undefined) return found;
      const lines = readLines(`${root}/${pid}/cgroup`);
      if (lines === undefined) return undefined;
      const place = placeOf(lines);
      if (isUnified === true && id !== 0n) {
        const [oldest] = known.keys();
        if (known.size >= MOST_PATHS && oldest !== undefined) known.delete(oldest);
        known.set(id, place);
      }
      return place;
    },
  };
}

/** What the lines of `/proc/PID/cgroup` say: the path of a container if any tree has one, else that of the unified tree. */
export function placeOf(lines: readonly string[]): CgroupPlace {
  let place = NOWHERE;
  for (const line of lines) {
    // hierarchy:controllers:path, and the path may hold colons.
    const path = /^\d+:[^:]*:(.*)$/.exec(line)?.[1];
    if (path === undefined) continue;
    const container = containerOf(path);
    if (container !== undefined) return { path, container };
    if (line.startsWith("0::") || place.path === "") place = { path, container: undefined };
  }
  return place;
}

function readLines(path: string): string[] | undefined {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== "");
  } catch {
    // Ended meanwhile, or hidden from this user.
    return undefined;
  }
}
