import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Moves this process into a cgroup, and back to where it was when that is over. */
export function enterCgroup(folder: string): Disposable {
  const mount = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .find((fields) => fields[2] === "cgroup2")?.[1];
  const before = /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1];
  if (mount === undefined || before === undefined)
    throw new Error("Cannot enter a cgroup: cgroup v2 is not mounted");
  const move = (path: string): void => {
    writeFileSync(join(path, "cgroup.procs"), String(process.pid));
  };
  move(folder);
  return {
    [Symbol.dispose]: () => {
      move(join(mount, before));
    },
  };
}
