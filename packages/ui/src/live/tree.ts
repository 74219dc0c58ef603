import type { ProcessSummary } from "./types.ts";

/** A process with the lines of the tree before it. */
export interface TreeRow {
  readonly process: ProcessSummary;
  readonly prefix: string;
}

/** Processes below their parents. With a text only those that have it somewhere, and their ancestors. */
export function processTree(processes: readonly ProcessSummary[], wanted: string): TreeRow[] {
  const byPid = new Map(processes.map((one) => [one.pid, one]));
  const kept = wanted === "" ? new Set(byPid.keys()) : keptBy(processes, byPid, wanted);
  const children = Map.groupBy(
    processes.filter(({ pid }) => kept.has(pid)).toSorted((a, b) => a.pid - b.pid),
    ({ pid, parentPid }) => (parentPid !== pid && kept.has(parentPid) ? parentPid : 0),
  );
  const rows: TreeRow[] = [];
  const waiting = (children.get(0) ?? [])
    .toReversed()
    .map((process) => ({ process, lead: "", own: "" }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { process, lead, own } = next;
    rows.push({ process, prefix: lead + own });
    const below = lead + (own === "" ? "" : own === "└─ " ? "   " : "│  ");
    const list = children.get(process.pid) ?? [];
    for (const child of list.toReversed())
      waiting.push({ process: child, lead: below, own: child === list.at(-1) ? "└─ " : "├─ " });
  }
  return rows;
}

function keptBy(
  processes: readonly ProcessSummary[],
  byPid: ReadonlyMap<number, ProcessSummary>,
  wanted: string,
): Set<number> {
  const kept = new Set<number>();
  for (const one of processes) {
    const text =
      `${one.pid} ${one.name} ${one.commandLine} ${one.user} ${one.container}`.toLowerCase();
    if (!text.includes(wanted)) continue;
    for (
      let up: ProcessSummary | undefined = one;
      up !== undefined && !kept.has(up.pid);
      up = byPid.get(up.parentPid)
    )
      kept.add(up.pid);
  }
  return kept;
}
