import type { Container } from "./container.ts";

/**
 * A process as the sensor knows it, from its fork to its end. One object per life of a pid: whoever keeps it keeps what was
 * last known, also when the process has ended and its number belongs to another.
 */
export interface Process {
  readonly pid: number;
  parent: Process | undefined;
  /** Also set where the parent itself is not known. */
  parentPid: number;
  /** The kernel's name of the process, at most 15 bytes. */
  name: string;
  /** The first argument, as the program was called. */
  exe: string;
  /** Path of the executable. */
  exePath: string;
  /** Arguments behind the first. */
  args: readonly string[];
  /** `NAME=value` lines, as they were when the program was started. */
  environment: readonly string[];
  cwd: string;
  uid: number;
  gid: number;
  euid: number;
  egid: number;
  /** 4294967295 without login. */
  loginUid: number;
  /** Device number of the controlling terminal, 0 without. */
  tty: number;
  sessionId: number;
  groupId: number;
  /** Start of the process and of its program, nanoseconds since boot. */
  startNs: number;
  executedNs: number;
  /** Path of its control group in the unified tree, or the one that names a container. */
  cgroup: string;
  container: Container | undefined;
  /** Inode and device of the executable; 0 where not known. */
  inode: number;
  device: number;
  /** Whether the executable has no name in any folder any more: deleted, or never had one. */
  isUnlinked: boolean;
  /** Whether it was there before the sensor, or events about its beginning were lost: then `/proc` was asked. */
  isGuessed: boolean;
  isSubreaper: boolean;
  isAlive: boolean;
}

/** A process of which only the number is known. */
export function unknownProcess(pid: number): Process {
  return {
    pid,
    parent: undefined,
    parentPid: 0,
    name: "",
    exe: "",
    exePath: "",
    args: [],
    environment: [],
    cwd: "",
    uid: 0,
    gid: 0,
    euid: 0,
    egid: 0,
    loginUid: 0xffff_ffff,
    tty: 0,
    sessionId: 0,
    groupId: 0,
    startNs: 0,
    executedNs: 0,
    cgroup: "",
    container: undefined,
    inode: 0,
    device: 0,
    isUnlinked: false,
    isGuessed: true,
    isSubreaper: false,
    isAlive: true,
  };
}

/** Name and arguments in one line: `proc.cmdline`. */
export function commandLine({ name, args }: Process): string {
  return args.length === 0 ? name : `${name} ${args.join(" ")}`;
}

/** The parent that a process has now: when its parent ended, the nearest ancestor that adopts it. */
export function parentOf(process: Process): Process | undefined {
  const { parent } = process;
  if (parent === undefined || parent.isAlive) return parent;
  let reaper: Process | undefined = parent.parent;
  // A child goes to the nearest subreaper above it, else to the first process.
  for (let depth = 0; reaper !== undefined && depth < MOST_ANCESTORS; depth += 1) {
    if (reaper.isAlive && (reaper.isSubreaper || reaper.pid === 1)) break;
    reaper = reaper.parent;
  }
  process.parent = reaper;
  process.parentPid = reaper?.pid ?? 0;
  return reaper;
}

/** Ancestors beyond which nobody looks: a cycle that lost events made ends there. */
export const MOST_ANCESTORS = 128;

/** The ancestor of that distance: 0 is the process itself, 1 its parent. */
export function ancestorOf(process: Process, distance: number): Process | undefined {
  let one: Process | undefined = process;
  for (let step = 0; step < distance && one !== undefined; step += 1)
    one = step >= MOST_ANCESTORS ? undefined : parentOf(one);
  return one;
}
