import type { Process } from "@ocelli/sensor";

/** A process with the lines of the tree before it. */
export interface TreeRow {
  readonly process: Process;
  readonly prefix: string;
}

/** Processes below their parents, by number; one whose parent is not among them stands at the root. */
export function toTree(processes: readonly Process[]): TreeRow[] {
  const pids = new Set(processes.map(({ pid }) => pid));
  const children = Map.groupBy(
    processes.toSorted((a, b) => a.pid - b.pid),
    ({ pid, parentPid }) => (parentPid !== pid && pids.has(parentPid) ? parentPid : 0),
  );
  const rows: TreeRow[] = [];
  // An own stack: a chain of processes may be deeper than JavaScript's.
  const waiting = rootsOf(children).toReversed();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { process, lead, own } = next;
    rows.push({ process, prefix: lead + own });
    const below = lead + (own === "" ? "" : own === "└─ " ? "   " : "│  ");
    const last = children.get(process.pid)?.at(-1);
    const list = (children.get(process.pid) ?? []).map((child) => ({
      process: child,
      lead: below,
      own: child === last ? "└─ " : "├─ ",
    }));
    waiting.push(...list.toReversed());
  }
  return rows;
}

function rootsOf(
  children: ReadonlyMap<number, readonly Process[]>,
): { process: Process; lead: string; own: string }[] {
  return (children.get(0) ?? []).map((process) => ({ process, lead: "", own: "" }));
}
