import { readlinkSync } from "node:fs";

import type { Process } from "./process.ts";

/** Resolves the links in the path of an executable. */
export type ResolveExePath = (process: Process) => string;

const MOST = 4096;
const DELETED = " (deleted)";

/**
 * Asks `/proc` once for each executable and path that it was started by, which is told apart by device and inode: later starts
 * cost a look into a table, also those that end before anybody could look.
 */
export function hostExePaths(root: string = "/proc"): ResolveExePath {
  const known = new Map<string, string>();
  return ({ pid, exePath, device, inode }) => {
    const key = `${device} ${inode} ${exePath}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    let path: string;
    try {
      path = readlinkSync(`${root}/${pid}/exe`);
    } catch {
      // Ended meanwhile: the path as it was given is what is known.
      return exePath;
    }
    // A file that is gone, or lies in memory, has no path to resolve.
    const resolved = path.endsWith(DELETED) ? path.slice(0, -DELETED.length) : path;
    const [oldest] = known.keys();
    if (known.size >= MOST && oldest !== undefined) known.delete(oldest);
    known.set(key, resolved);
    return resolved;
  };
}
