import { mkdirSync, readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from "node:fs";

import type { TcDirection } from "../netlink/tc.ts";

/**
 * An attachment that the kernel does not undo when its process is killed. The program's id makes sure that only our
 * own is taken away.
 */
export type JournalEntry = { readonly programId: number } & (
  | { readonly kind: "xdp"; readonly interfaceIndex: number; readonly flags: number }
  | {
      readonly kind: "clsact";
      readonly interfaceIndex: number;
      readonly direction: TcDirection;
      readonly priority: number;
      readonly handle: number;
      /** Whether the qdisc came with it and goes with it. */
      readonly ownsQdisc: boolean;
    }
  | { readonly kind: "cgroup"; readonly path: string; readonly attachType: number }
);

/** An entry with the network namespace that it speaks of, as an inode number. */
export type JournalRecord = JournalEntry & { readonly netns: number };

// Gone with the machine's memory, as the attachments are.
const FOLDER = "/run/ocelli/attachments";
const own: JournalRecord[] = [];

/** Field 22 of /proc/PID/stat, which with the pid names a process for good; `undefined` when there is none. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in field 2 may hold spaces and brackets: count from the last bracket.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

/** The current network namespace's inode number. */
export function currentNetns(): number {
  return statSync("/proc/thread-self/ns/net").ino;
}

function save(): void {
  const path = `${FOLDER}/${process.pid}-${startTime(process.pid) ?? "0"}.json`;
  try {
    if (own.length === 0) {
      unlinkSync(path);
      return;
    }
    mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
    writeFileSync(path, JSON.stringify(own), { mode: 0o600 });
  } catch {
    // The journal only serves cleaning up after SIGKILL: without /run the attachment itself is as good as ever.
  }
}

/** Notes an attachment down until disposed of. */
export function record(entry: JournalEntry): Disposable {
  const item = { ...entry, netns: currentNetns() };
  own.push(item);
  save();
  return {
    [Symbol.dispose]: () => {
      const index = own.indexOf(item);
      if (index < 0) return;
      own.splice(index, 1);
      save();
    },
  };
}

/** What dead processes left, by the file that says so. */
export function leftovers(): { readonly path: string; readonly records: JournalRecord[] }[] {
  let names: string[] = [];
  try {
    names = readdirSync(FOLDER);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const [, pid, start] = /^(\d+)-(\d+)\.json$/.exec(name) ?? [];
    if (pid === undefined || startTime(Number(pid)) === start) return [];
    const path = `${FOLDER}/${name}`;
    try {
      // Written by `save()`, in a folder that only root may write to.
      return [{ path, records: JSON.parse(readFileSync(path, "utf8")) as JournalRecord[] }];
    } catch {
      return [];
    }
  });
}

/** Writes down what is still there of a dead process's attachments; removes the file when nothing is. */
export function settle(path: string, rest: readonly JournalRecord[]): void {
  if (rest.length === 0) unlinkSync(path);
  else writeFileSync(path, JSON.stringify(rest), { mode: 0o600 });
}
