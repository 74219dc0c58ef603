import type { EnterRecord } from "./enter-record.ts";
import type { FdInfo } from "./fd-info.ts";
import { FdTable } from "./fd-table.ts";
import type { ThreadGroup } from "./thread-group.ts";

/** Flags of a thread: those of clone in the library's own numbers (`PPM_CL_*`), and marks that the state adds. */
export const CLONE = {
  files: 0x1,
  newPid: 0x40,
  parent: 0x100,
  thread: 0x2000,
  inverted: 0x10000,
  nameChanged: 0x20000,
  closed: 0x40000,
  active: 0x80000,
  newUser: 0x100000,
  pipeSource: 0x200000,
  pipeDestination: 0x400000,
  vfork: 0x8000000,
  childInPidNamespace: 0x20000000,
  mainThread: 0x40000000,
} as const;

const NO_ID = 0xffff_ffff;

/** A thread as the capture tells it. Ids are -1 while they are unknown. */
export class ThreadInfo {
  tid = -1;
  pid = -1;
  ptid = -1;
  sid = -1;
  vtid = -1;
  vpid = -1;
  vpgid = -1;
  pgid = -1;
  reaperTid = -1;
  flags: number = CLONE.nameChanged;
  comm = "";
  exe = "";
  exepath = "";
  args: readonly string[] = [];
  env: readonly string[] = [];
  /** The command line as it was when the arguments became known; empty when there was no name then. */
  commandLine = "";
  /** Ends in a slash; of main threads only. */
  cwd = "";
  root = "";
  /** Pairs of controller and path. */
  cgroups: readonly (readonly [string, string])[] = [];
  /** Short id of its container, empty on the host. */
  containerId = "";
  fdLimit = -1;
  uid: number = NO_ID;
  gid: number = NO_ID;
  loginUid: number = NO_ID;
  vmSizeKb = 0;
  vmRssKb = 0;
  vmSwapKb = 0;
  pageFaultsMajor: number | bigint = 0;
  pageFaultsMinor: number | bigint = 0;
  tty = 0;
  exeWritable = false;
  exeUpperLayer = false;
  exeLowerLayer = false;
  exeFromMemfd = false;
  capInheritable: bigint = 0n;
  capPermitted: bigint = 0n;
  capEffective: bigint = 0n;
  exeInode: number | bigint = 0;
  exeInodeCtimeNs: bigint = 0n;
  exeInodeMtimeNs: bigint = 0n;
  exeInodeCtimeToCloneNs: bigint = 0n;
  exeInodeCtimeToNamespaceNs: bigint = 0n;
  /** When it was cloned, nanoseconds since 1970; 0 when unknown. */
  cloneNs: bigint = 0n;
  lastExecNs: bigint = 0n;
  pidNamespaceStartNs: bigint = 0n;

  /** Descriptors of its own; threads of a group use those of the main thread. */
  readonly fds: FdTable = new FdTable();
  group: ThreadGroup | undefined = undefined;
  /** Children, the youngest first; with those that are gone until they are swept. */
  children: ThreadInfo[] = [];
  liveChildren = 0;
  /** Whether it left the table. */
  removed = false;

  /** Descriptor of the last event, -1 for none. */
  lastFd = 0;
  /** Kind of the last enter event. */
  lastEnterType = -1;
  /** The enter event of the call that is under way, for calls whose exit does not say all; its count is -1 for none. */
  enter: EnterRecord | undefined = undefined;
  /** Time between switches so far, for `thread.totexectime`. */
  totalExecNs: bigint = 0n;

  get isMain(): boolean {
    return this.tid === this.pid || (this.flags & CLONE.mainThread) !== 0;
  }

  /** Whether too little is known of it to have a place among the others. */
  get isInvalid(): boolean {
    return this.tid < 0 || this.pid < 0 || this.ptid < 0;
  }

  get isDead(): boolean {
    return (this.flags & CLONE.closed) !== 0;
  }

  get inPidNamespace(): boolean {
    return (
      (this.flags & CLONE.childInPidNamespace) !== 0 || (this.tid !== this.vtid && this.vtid >= 0)
    );
  }

  /** The thread that began the process; undefined when it is not known. */
  get main(): ThreadInfo | undefined {
    if (this.isMain) return this;
    const first = this.group?.threads[0];
    return first !== undefined && !first.removed && first.isMain ? first : undefined;
  }

  /** The descriptors that it uses; undefined when they are those of an unknown main thread. */
  get fdTable(): FdTable | undefined {
    return (this.flags & CLONE.files) === 0 ? this.fds : this.main?.fds;
  }

  /** A descriptor by its number. Its name of now becomes the old one, so that a change shows. */
  findFd(fd: number): FdInfo | undefined {
    if (fd < 0) return undefined;
    const info = this.fdTable?.get(fd);
    if (info !== undefined) info.oldName = info.name;
    return info;
  }

  /** Opens a descriptor; the last event is about it. Undefined when there is no table for it. */
  addFd(fd: number, info: FdInfo): FdInfo | undefined {
    const table = this.fdTable;
    if (table === undefined) return undefined;
    info.fd = fd;
    this.lastFd = fd;
    if (table.size >= MOST_FDS && !table.has(fd)) return undefined;
    table.set(fd, info);
    return info;
  }

  setArgs(args: readonly string[]): void {
    this.args = args;
    this.commandLine = this.comm === "" ? "" : [this.comm, ...args].join(" ");
  }

  setExepath(path: string): void {
    this.exepath =
      path.length > DELETED.length && path.endsWith(DELETED)
        ? path.slice(0, -DELETED.length)
        : path;
  }

  /** Takes cgroups as `controller=path`; one without `=` leaves them as they were. */
  setCgroups(texts: readonly string[]): void {
    const cgroups: [string, string][] = [];
    for (const text of texts) {
      const equals = text.indexOf("=");
      if (equals === -1) return;
      const name = text.slice(0, equals).replace("_cgroup", "");
      cgroups.push([CONTROLLERS.get(name) ?? name, text.slice(equals + 1)]);
    }
    this.cgroups = cgroups;
  }
}

// As many as libsinsp keeps of one process.
const MOST_FDS = 4096;
const DELETED = " (deleted)";
const CONTROLLERS: ReadonlyMap<string, string> = new Map([
  ["perf", "perf_event"],
  ["mem", "memory"],
  ["io", "blkio"],
]);
