import { closeSync, constants, openSync, readFileSync } from "node:fs";

import { parseCpuList } from "../cpu.ts";
import { LinuxError } from "../error.ts";
import type { Program } from "../program/program.ts";
import { attachAction, requireType } from "./explain.ts";
import { attachAll, groupLinks, type LinkGroup } from "./group.ts";
import { bindPerfEvent, openPerfEvent, perfEventError, type PerfBinding } from "./perf-event.ts";

// [type, config] of include/uapi/linux/perf_event.h; type 0 is PERF_TYPE_HARDWARE, 1 PERF_TYPE_SOFTWARE.
const EVENTS = {
  "cpu-cycles": [0, 0],
  instructions: [0, 1],
  "cache-references": [0, 2],
  "cache-misses": [0, 3],
  "branch-instructions": [0, 4],
  "branch-misses": [0, 5],
  "cpu-clock": [1, 0],
  "task-clock": [1, 1],
  "page-faults": [1, 2],
  "context-switches": [1, 3],
  "cpu-migrations": [1, 4],
  "minor-faults": [1, 5],
  "major-faults": [1, 6],
} as const;

/** A counter that samples. */
export type PerfEventName = keyof typeof EVENTS;

/** What to sample, how often, and where. */
export interface SamplingOptions extends PerfBinding {
  /** By name, or by the numbers of perf_event_open(2). */
  readonly event: PerfEventName | { readonly type: number; readonly config: bigint };
  /** Samples a second and CPU, as near as the kernel gets; or one sample each `period` events. */
  readonly every: { readonly frequency: number } | { readonly period: number };
  /** All that are online by default. */
  readonly cpus?: readonly number[];
  /** One process, on any CPU. */
  readonly pid?: number;
  /** One cgroup, by its folder. */
  readonly cgroup?: string;
}

/** Runs a program on samples of a counter: one link per CPU, one in all for a process. Since Linux 4.9. */
export function attachPerfEvent(program: Program, options: SamplingOptions): LinkGroup {
  const { kernel } = program;
  const name = typeof options.event === "string" ? options.event : "event";
  const target = `samples of ${name}`;
  requireType(program, target, "perf_event");
  const [type, config] =
    typeof options.event === "string"
      ? EVENTS[options.event]
      : [options.event.type, options.event.config];
  const cpus = options.pid === undefined ? (options.cpus ?? onlineCpus()) : [-1];
  const folder =
    options.cgroup === undefined ? undefined : openCgroup(program, target, options.cgroup);
  try {
    const links = attachAll(cpus, (cpu) => {
      const here = cpu < 0 ? target : `${target} on CPU ${cpu}`;
      const event = openPerfEvent(kernel, {
        type,
        config,
        ...options.every,
        pid: options.pid ?? -1,
        cpu,
        ...(folder === undefined ? {} : { cgroupFd: folder }),
      });
      if (typeof event !== "number")
        return bindPerfEvent(program, "perf_event", here, event, options);
      throw perfEventError(program, here, event, {
        reasons: {
          ENOENT: `this machine has no such counter; virtual machines often have no hardware counters, "cpu-clock" is always there`,
          EOPNOTSUPP: `this counter cannot sample here; "cpu-clock" always can`,
          ENODEV: "this CPU is not online",
          EINVAL:
            "the frequency is above kernel.perf_event_max_sample_rate, or the CPU does not exist",
          EBADF: "the folder is no cgroup",
        },
      });
    });
    return groupLinks("perf_event", target, links);
  } finally {
    if (folder !== undefined) closeSync(folder);
  }
}

function openCgroup(program: Program, target: string, path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    throw new LinuxError(
      "not-found",
      `${attachAction(program, target)}: there is no cgroup folder "${path}"`,
      0,
      { cause: error },
    );
  }
}

function onlineCpus(): number[] {
  const path = "/sys/devices/system/cpu/online";
  const text = readFileSync(path, "utf8");
  const cpus = parseCpuList(text);
  if (cpus === undefined)
    throw new LinuxError("system", `Cannot parse the list of CPUs in ${path}: "${text}"`);
  return cpus;
}
