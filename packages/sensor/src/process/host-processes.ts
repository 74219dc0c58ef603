import { hostCgroups } from "./cgroups.ts";
import { hostExePaths } from "./exe-paths.ts";
import type { Process } from "./process.ts";
import { ProcessTable } from "./process-table.ts";
import { readProcess, readProcesses } from "./read-proc.ts";

/** A table that begins with the processes that run on this host. */
export function hostProcessTable(): ProcessTable {
  return new ProcessTable({
    source: { all: () => readProcesses(), one: (pid) => readProcess(pid) },
    cgroups: hostCgroups(),
    resolveExePath: hostExePaths(),
  });
}

/** The processes that run on this host now, with their parents and containers. */
export function hostProcesses(): readonly Process[] {
  return [...hostProcessTable().values()];
}
