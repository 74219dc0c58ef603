import { mkdirSync, readFileSync } from "node:fs";

/** Makes an empty cgroup of this process's own and returns its folder; remove it with rmdir. */
export function makeCgroup(name: string): string {
  const root = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .find((fields) => fields[2] === "cgroup2")?.[1];
  if (root === undefined) throw new Error("Cannot make a cgroup: cgroup v2 is not mounted");
  const path = `${root}/ocelli-${name}-${process.pid}`;
  mkdirSync(path, { recursive: true });
  return path;
}
