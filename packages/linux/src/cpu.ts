import { readFileSync } from "node:fs";

import { LinuxError } from "./error.ts";

const POSSIBLE = "/sys/devices/system/cpu/possible";

/**
 * Parses the kernel's list format, e.g. `0-3,8`, into numbers in ascending order; `undefined` when it is malformed.
 * More than 65,536 entries count as malformed.
 */
export function parseCpuList(text: string): number[] | undefined {
  const cpus: number[] = [];
  for (const part of text.trim().split(",")) {
    const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part);
    if (match === null) return undefined;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last < first || cpus.length + last - first >= 65_536) return undefined;
    for (let cpu = first; cpu <= last; cpu += 1) cpus.push(cpu);
  }
  return cpus;
}

let possible: readonly number[] | undefined;

/**
 * The CPUs that can ever be online, in ascending order: the kernel keeps one slot of a per-CPU value for each. Read
 * once from /sys/devices/system/cpu/possible. Throws `system` when that file cannot be understood.
 */
export function possibleCpus(): readonly number[] {
  if (possible !== undefined) return possible;
  const text = readFileSync(POSSIBLE, "utf8");
  const cpus = parseCpuList(text);
  if (cpus === undefined)
    throw new LinuxError("system", `Cannot parse the list of CPUs in ${POSSIBLE}: "${text}"`);
  possible = cpus;
  return cpus;
}
