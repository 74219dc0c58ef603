import { readdirSync, readFileSync } from "node:fs";

import { nearHint } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import type { Program } from "../program/program.ts";
import { attachAction, requireType } from "./explain.ts";
import type { Link } from "./link.ts";
import {
  bindPerfEvent,
  openPerfEvent,
  PERF_TYPES,
  perfEventError,
  type PerfBinding,
} from "./perf-event.ts";
import { openTracefs } from "./tracefs.ts";

/** Which tracepoint. */
export interface TracepointOptions extends PerfBinding {
  /** `sched/sched_switch`; a colon in place of the slash is fine. */
  readonly tracepoint: string;
}

/**
 * Attaches to a tracepoint of the kernel by the number that the tracing file system gives it, which is mounted
 * privately for a moment where it is not mounted. Throws `not-found` with near names. Since Linux 4.7.
 */
export function attachTracepoint(program: Program, options: TracepointOptions): Link {
  const [category = "", name = ""] = options.tracepoint.split(/[/:]/);
  const target = `tracepoint "${category}/${name}"`;
  requireType(program, target, "tracepoint");
  const config = tracepointId(program, target, category, name);
  const event = openPerfEvent(program.kernel, {
    type: PERF_TYPES.tracepoint,
    config,
    pid: -1,
    cpu: 0,
  });
  if (typeof event === "number") throw perfEventError(program, target, event);
  return bindPerfEvent(program, "tracepoint", target, event, options, {
    feature: "tracepoint",
    reasons: {
      EACCES: "the program reads beyond the record of this tracepoint, or rights are missing",
    },
  });
}

function tracepointId(program: Program, target: string, category: string, name: string): number {
  const action = attachAction(program, target);
  if (!/^[\w-]+$/.test(category) || !/^[\w-]+$/.test(name))
    throw new LinuxError(
      "invalid",
      `${action}: a tracepoint is written as category and name, e.g. "sched/sched_switch"`,
    );
  using tracefs = openTracefs(program.kernel, action);
  const events = `${tracefs.path}/events`;
  try {
    return Number(readFileSync(`${events}/${category}/${name}/id`, "utf8"));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EACCES" || code === "EPERM")
      throw new LinuxError(
        "permission",
        `${action}: its number in the tracing file system is not readable (${code}). Run as root`,
        0,
        { cause: error },
      );
    throw new LinuxError("not-found", `${action}: ${absence(events, category, name)}`, 0, {
      cause: error,
    });
  }
}

function folders(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

function absence(events: string, category: string, name: string): string {
  const categories = folders(events);
  if (!categories.includes(category))
    return `this kernel has no category "${category}"${nearHint(category, categories)}`;
  const near = nearHint(name, folders(`${events}/${category}`));
  return `category "${category}" has no tracepoint "${name}"${near}`;
}
