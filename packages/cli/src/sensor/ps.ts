import { hostProcesses, hostUsers, type Process } from "@ocelli/sensor";

import type { CliContext } from "../context.ts";
import { RefusedError } from "../exit.ts";
import { formatTable } from "../output/table.ts";
import { toTree } from "./tree.ts";

/** Flags of `ocelli ps`. */
export interface PsFlags {
  readonly container?: string;
  readonly kernel: boolean;
  readonly json: boolean;
}

/** `ocelli ps`. */
export async function ps(context: CliContext, flags: PsFlags): Promise<void> {
  if (process.platform !== "linux")
    throw new RefusedError(`ocelli ps needs Linux: this is ${process.platform}`);
  const users = hostUsers();
  const rows = toTree(hostProcesses().filter((one) => isShown(one, flags)));
  const { stdout } = context.process;
  const userOf = (one: Process): string => users.user(one.euid)?.name ?? String(one.euid);
  if (flags.json) {
    const list = rows.map(({ process: one }) => ({
      pid: one.pid,
      parentPid: one.parentPid,
      name: one.name,
      exePath: one.exePath,
      args: [one.exe, ...one.args],
      cwd: one.cwd,
      user: userOf(one),
      container: one.container?.fullId ?? null,
      runtime: one.container?.runtime ?? null,
      cgroup: one.cgroup,
    }));
    stdout.write(`${JSON.stringify(list, null, 2)}\n`);
    return;
  }
  const table = formatTable(
    [
      { title: "PID", align: "right" },
      { title: "USER" },
      { title: "CONTAINER" },
      { title: "COMMAND" },
    ],
    rows.map(({ process: one, prefix }) => [
      String(one.pid),
      userOf(one),
      one.container === undefined ? "" : `${one.container.runtime}:${one.container.id}`,
      prefix + ([one.exe, ...one.args].join(" ").trim() || `[${one.name}]`),
    ]),
  );
  const width = stdout.isTTY ? stdout.columns : Number.POSITIVE_INFINITY;
  stdout.write(`${table.map((line) => line.slice(0, width)).join("\n")}\n`);
}

const KTHREADD = 2;

function isShown(one: Process, { container, kernel }: PsFlags): boolean {
  if (!kernel && (one.pid === KTHREADD || one.parentPid === KTHREADD)) return false;
  if (container === undefined) return true;
  if (container === "host") return one.container === undefined;
  return one.container?.fullId.startsWith(container) === true;
}
