import type { ScalarValue } from "@ocelli/event";

import type { CaptureEvent } from "../event/capture-event.ts";
import { shrink } from "../event/number64.ts";
import { capabilityNames } from "../events/value-names.ts";
import { cwdOf } from "../state/directory.ts";
import { fdTypeName } from "../state/fd-info.ts";
import type { ThreadInfo } from "../state/thread-info.ts";
import type { Read } from "./reader.ts";

type ReadThread = (thread: ThreadInfo, event: CaptureEvent) => ScalarValue | undefined;

function ofThread(read: ReadThread): Read {
  return (event) => {
    const thread = event.shownThread;
    return thread === undefined ? undefined : read(thread, event);
  };
}

function ofParent(read: ReadThread): Read {
  return ofThread((thread, event) => {
    const parent = event.host().threads.ancestor(thread, 1);
    return parent === undefined ? undefined : read(parent, event);
  });
}

/** The command line: name and arguments. */
export function commandLine({ commandLine: kept, comm, args }: ThreadInfo): string {
  return kept === "" ? [comm, ...args].join(" ") : kept;
}

// Ids of threads that an event cannot have are not shown.
function shownId(id: number): number | undefined {
  return id >= -1 && id <= 0xffff_ffff ? id : undefined;
}

type IdOf = (thread: ThreadInfo) => number;

// The thread that a session or group is named after. Inside a pid namespace its number says nothing here: there it is
// the oldest ancestor with the same number.
function leader(
  event: CaptureEvent,
  thread: ThreadInfo,
  idOf: IdOf,
  isVirtual: boolean,
): ThreadInfo | undefined {
  const id = idOf(thread);
  if (id === -1) return undefined;
  const { threads } = event.host();
  if (!isVirtual || !thread.inPidNamespace) {
    const found = threads.find(id);
    if (found !== undefined) return found;
  }
  let oldest: ThreadInfo | undefined;
  threads.climb(thread, (ancestor) => {
    if (idOf(ancestor) !== id) return false;
    oldest = ancestor;
    return true;
  });
  return oldest;
}

function ofLeader(idOf: IdOf, isVirtual: boolean, read: (thread: ThreadInfo) => string): Read {
  return ofThread((thread, event) => {
    const found = leader(event, thread, idOf, isVirtual);
    return found === undefined ? "" : read(found);
  });
}

function since(event: CaptureEvent, startNs: bigint): number | bigint {
  return shrink(BigInt.asUintN(64, event.timeNs - startNs));
}

function standard(number: number, read: (kind: number, name: string) => string): Read {
  return ofThread((thread) => {
    const fd = thread.fdTable?.get(number);
    return fd === undefined ? undefined : read(fd.kind, fd.name);
  });
}

function orMissing(value: bigint): number | bigint | undefined {
  return value === 0n ? undefined : shrink(value);
}

function fdCount(thread: ThreadInfo): number {
  return thread.main?.fds.size ?? 0;
}

function threadsBesideMain(thread: ThreadInfo): number {
  const { group, main } = thread;
  if (group === undefined) return 0;
  return main !== undefined && !main.isDead ? group.alive - 1 : group.alive;
}

const sid: IdOf = (thread) => thread.sid;
const vpgid: IdOf = (thread) => thread.vpgid;
const pgid: IdOf = (thread) => thread.pgid;

/** Fields of the thread and its process. */
export const PROCESS_READERS: Readonly<Record<string, Read>> = {
  "proc.exe": ofThread(({ exe }) => exe),
  "proc.exepath": ofThread(({ exepath }) => exepath),
  "proc.name": ofThread(({ comm }) => comm),
  "proc.cmdline": ofThread(commandLine),
  "proc.exeline": ofThread(({ exe, args }) => `${exe} ${args.join(" ")}`),
  "proc.cmdnargs": ofThread(({ args }) => args.length),
  "proc.cmdlenargs": ofThread(({ args }) => args.reduce((sum, text) => sum + byteLength(text), 0)),
  "proc.cwd": ofThread(cwdOf),
  "proc.pexe": ofParent(({ exe }) => exe),
  "proc.pexepath": ofParent(({ exepath }) => exepath),
  "proc.pname": ofParent(({ comm }) => comm),
  "proc.pcmdline": ofParent(commandLine),
  "proc.ppid": ofParent(({ pid }) => shownId(pid)),
  "proc.tty": ofThread(({ tty }) => tty),
  "proc.pid": ofThread(({ pid }) => shownId(pid)),
  "proc.vpid": ofThread(({ vpid }) => (vpid === -1 ? undefined : vpid)),
  "proc.pvpid": ofThread((thread, event) => event.host().threads.find(thread.ptid)?.vpid),
  "proc.sid": ofThread(sid),
  "proc.sname": ofLeader(sid, true, ({ comm }) => comm),
  "proc.sid.exe": ofLeader(sid, true, ({ exe }) => exe),
  "proc.sid.exepath": ofLeader(sid, true, ({ exepath }) => exepath),
  "proc.vpgid": ofThread(vpgid),
  "proc.vpgid.name": ofLeader(vpgid, true, ({ comm }) => comm),
  "proc.vpgid.exe": ofLeader(vpgid, true, ({ exe }) => exe),
  "proc.vpgid.exepath": ofLeader(vpgid, true, ({ exepath }) => exepath),
  "proc.pgid": ofThread(pgid),
  "proc.pgid.name": ofLeader(pgid, false, ({ comm }) => comm),
  "proc.pgid.exe": ofLeader(pgid, false, ({ exe }) => exe),
  "proc.pgid.exepath": ofLeader(pgid, false, ({ exepath }) => exepath),
  "proc.duration": ofThread(({ cloneNs }, event) =>
    cloneNs === 0n ? undefined : since(event, cloneNs),
  ),
  // Without a time of birth of the parent libsinsp shows the number of open descriptors, and so does this.
  "proc.ppid.duration": ofThread((thread, event) => {
    const parent = event.host().threads.ancestor(thread, 1);
    if (parent === undefined) return undefined;
    return parent.cloneNs === 0n ? fdCount(thread) : since(event, parent.cloneNs);
  }),
  "proc.pid.ts": ofThread(({ cloneNs }) => orMissing(cloneNs)),
  "proc.ppid.ts": ofThread((thread, event) => {
    const parent = event.host().threads.find(thread.ptid);
    return parent === undefined ? undefined : shrink(parent.cloneNs);
  }),
  "proc.is_exe_writable": ofThread(({ exeWritable }) => exeWritable),
  "proc.is_exe_upper_layer": ofThread(({ exeUpperLayer }) => exeUpperLayer),
  "proc.is_exe_lower_layer": ofThread(({ exeLowerLayer }) => exeLowerLayer),
  "proc.is_exe_from_memfd": ofThread(({ exeFromMemfd }) => exeFromMemfd),
  "proc.is_sid_leader": ofThread((thread) => thread.sid === thread.vpid),
  "proc.is_vpgid_leader": ofThread((thread) => thread.vpgid === thread.vpid),
  "proc.is_pgid_leader": ofThread((thread) => thread.pgid === thread.pid),
  "proc.exe_ino": ofThread(({ exeInode }) => (exeInode === 0 ? undefined : exeInode)),
  "proc.exe_ino.ctime": ofThread(({ exeInodeCtimeNs }) => orMissing(exeInodeCtimeNs)),
  "proc.exe_ino.mtime": ofThread(({ exeInodeMtimeNs }) => orMissing(exeInodeMtimeNs)),
  "proc.exe_ino.ctime_duration_proc_start": ofThread(({ exeInodeCtimeToCloneNs }) =>
    orMissing(exeInodeCtimeToCloneNs),
  ),
  "proc.exe_ino.ctime_duration_pidns_start": ofThread(({ exeInodeCtimeToNamespaceNs }) =>
    orMissing(exeInodeCtimeToNamespaceNs),
  ),
  "proc.pidns_init_start_ts": ofThread(({ pidNamespaceStartNs }) => orMissing(pidNamespaceStartNs)),
  "thread.cap_permitted": ofThread(({ capPermitted }) => capabilityNames(capPermitted)),
  "thread.cap_inheritable": ofThread(({ capInheritable }) => capabilityNames(capInheritable)),
  "thread.cap_effective": ofThread(({ capEffective }) => capabilityNames(capEffective)),
  "proc.fdopencount": ofThread(fdCount),
  "proc.fdlimit": ofThread(({ main }) => main?.fdLimit ?? 0),
  "proc.fdusage": ofThread((thread) => {
    const limit = thread.main?.fdLimit ?? 0;
    return limit > 0 ? Math.min(100, (fdCount(thread) * 100) / limit) : 0;
  }),
  "proc.vmsize": ofThread(({ vmSizeKb }) => vmSizeKb),
  "proc.vmrss": ofThread(({ vmRssKb }) => vmRssKb),
  "proc.vmswap": ofThread(({ vmSwapKb }) => vmSwapKb),
  "thread.pfmajor": ofThread(({ pageFaultsMajor }) => pageFaultsMajor),
  "thread.pfminor": ofThread(({ pageFaultsMinor }) => pageFaultsMinor),
  "thread.tid": ({ tid }) => shownId(tid),
  "thread.ismain": ofThread(({ isMain }) => isMain),
  "thread.vtid": ofThread(({ vtid }) => (vtid === -1 ? undefined : vtid)),
  "thread.cgroups": ofThread(({ cgroups }) =>
    cgroups.length === 0
      ? undefined
      : cgroups.map(([controller, path]) => `${controller}=${path}`).join(" "),
  ),
  "proc.nthreads": ofThread(({ group }) => group?.alive ?? 0),
  "proc.nchilds": ofThread(threadsBesideMain),
  "thread.vmsize": ofThread(({ isMain, vmSizeKb }) => (isMain ? vmSizeKb : 0)),
  "thread.vmrss": ofThread(({ isMain, vmRssKb }) => (isMain ? vmRssKb : 0)),
  "proc.stdin.type": standard(0, fdTypeName),
  "proc.stdout.type": standard(1, fdTypeName),
  "proc.stderr.type": standard(2, fdTypeName),
  "proc.stdin.name": standard(0, (_kind, name) => name),
  "proc.stdout.name": standard(1, (_kind, name) => name),
  "proc.stderr.name": standard(2, (_kind, name) => name),
  // The topmost shell above the process: the last one on the way up whose name ends in "sh".
  "proc.loginshellid": ofThread((thread, event) => {
    const main = thread.main;
    if (main === undefined) return undefined;
    let shell = main.comm.endsWith("sh") ? main : undefined;
    event.host().threads.climb(main, (ancestor) => {
      if (ancestor.comm.endsWith("sh")) shell = ancestor;
      return true;
    });
    return shell?.pid;
  }),
};

function byteLength(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
