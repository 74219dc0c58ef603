import type { CaptureEvent } from "../../event/capture-event.ts";
import type { Handler } from "../handlers.ts";
import type { HostState } from "../host-state.ts";
import { CLONE, ThreadInfo } from "../thread-info.ts";
import { followExec } from "./exec.ts";

// A thread that was cloned longer ago than this is another one with the same id.
const STALE_NS = 2_000_000_000n;

// Parameters of clone, fork and vfork exits.
const P = {
  exe: 1,
  args: 2,
  pid: 4,
  ptid: 5,
  fdLimit: 7,
  comm: 13,
  cgroups: 14,
  flags: 15,
  uid: 16,
  gid: 17,
  vtid: 18,
  vpid: 19,
  namespaceStart: 20,
} as const;

/** Births and deaths of threads, and what execve(2) makes of them. */
export const PROCESS_HANDLERS: Readonly<Record<string, Handler>> = {
  "syscall_clone_20_x syscall_clone3_x syscall_fork_20_x syscall_vfork_20_x": (state, event) => {
    const child = event.result;
    if (child < 0) return;
    if (child === 0) followChild(state, event);
    else followParent(state, event, child);
    attachContainer(state, event);
  },
  "syscall_execve_19_x syscall_execveat_x": (state, event) => {
    if (event.result < 0) return;
    followExec(state, event);
    attachContainer(state, event);
  },
  procexit_1_e: (state, event) => {
    const thread = event.thread;
    if (thread === undefined) return;
    if (thread.group !== undefined && !thread.isDead) thread.group.lose();
    thread.flags |= CLONE.closed;
    state.exitLater(event.tid);
    if (thread.children.length === 0) return;
    if (event.count <= 4) thread.reaperTid = -1;
    else if (event.has(4)) thread.reaperTid = event.i64(4);
  },
};

function attachContainer(state: HostState, event: CaptureEvent): void {
  const thread = state.threads.find(event.tid);
  if (thread !== undefined) state.containers.attach(thread);
}

function followParent(state: HostState, event: CaptureEvent, childTid: number): void {
  const caller = state.threads.get(event.tid);
  event.thread = caller;
  if (caller === undefined) return;
  const known = !caller.isInvalid;
  if (!known) {
    caller.pid = event.i64(P.pid);
    caller.ptid = event.i64(P.ptid);
    caller.vtid = event.has(P.vpid) ? event.i64(P.vtid) : caller.tid;
    caller.vpid = event.has(P.vpid) ? event.i64(P.vpid) : -1;
    state.threads.connect(caller);
  }
  const flags = event.u32(P.flags);
  // The child's id is one of another pid namespace: its own event will tell.
  const hidden = CLONE.childInPidNamespace | CLONE.newPid | CLONE.parent;
  if ((flags & hidden) !== 0 || caller.tid !== caller.vtid) return;
  // After vfork the child may be gone before the parent hears of it.
  if ((flags & CLONE.vfork) !== 0 || event.info.name === "vfork") return;
  if (state.threads.exitedRecently(childTid, caller.tid, event.timeNs)) return;
  const present = state.threads.find(childTid);
  if (present !== undefined) {
    if ((present.flags & CLONE.inverted) !== 0) return;
    state.threads.remove(childTid);
  }
  const child = new ThreadInfo();
  child.tid = childTid;
  child.flags = flags;
  if ((flags & CLONE.thread) === 0) {
    if (known) inheritProcess(child, caller);
    child.pid = childTid;
    child.ptid = caller.tid;
  } else {
    child.pid = caller.pid;
    child.ptid = caller.ptid;
    child.flags |= CLONE.files;
    child.lastExecNs = caller.lastExecNs;
  }
  child.vtid = child.tid;
  child.vpid = child.pid;
  child.exe = event.text(P.exe);
  // The arguments come before the name, which is why the command line is put together when it is asked for.
  child.setArgs(event.texts(P.args));
  child.comm = event.has(P.comm) ? event.text(P.comm) : child.exe;
  fillFromClone(state, event, child);
  if (known) inherit(child, caller);
  else {
    caller.exe = child.exe;
    caller.comm = child.comm;
    caller.setArgs(event.texts(P.args));
  }
  state.threads.add(child, true);
}

function followChild(state: HostState, event: CaptureEvent): void {
  const present = event.thread;
  if (present !== undefined && present.cloneNs !== 0n) {
    if (event.timeNs - present.cloneNs < STALE_NS) return;
    state.threads.remove(event.tid);
    event.thread = undefined;
  }
  const child = new ThreadInfo();
  child.tid = event.tid;
  child.pid = event.i64(P.pid);
  child.ptid = event.i64(P.ptid);
  child.vtid = event.has(P.vpid) ? event.i64(P.vtid) : child.tid;
  child.vpid = event.has(P.vpid) ? event.i64(P.vpid) : -1;
  child.flags = event.u32(P.flags) | CLONE.inverted;
  const leads = (child.flags & CLONE.thread) === 0;
  if (!leads) child.flags |= CLONE.files;
  const source = state.threads.get(leads ? child.ptid : child.pid);
  if (source === undefined) {
    event.thread = undefined;
    return;
  }
  const known = !source.isInvalid;
  if (!known && !leads) {
    source.pid = child.pid;
    source.ptid = child.ptid;
    source.vpid = child.vpid;
    source.vtid = child.vpid;
    state.threads.connect(source);
  }
  child.exe = event.text(P.exe);
  child.comm = event.has(P.comm) ? event.text(P.comm) : child.exe;
  child.setArgs(event.texts(P.args));
  if (known) {
    inherit(child, source);
    if (leads) inheritProcess(child, source);
    else child.lastExecNs = source.lastExecNs;
  } else if (!leads) {
    source.exe = child.exe;
    source.comm = child.comm;
    source.setArgs(child.args);
  }
  fillFromClone(state, event, child);
  const inNamespace =
    (child.flags & (CLONE.childInPidNamespace | CLONE.newPid)) !== 0 || child.tid !== child.vtid;
  // On the host itself replays of Falco show no start, although it would be that of the machine.
  if (inNamespace && event.has(P.namespaceStart))
    child.pidNamespaceStartNs =
      BigInt(event.unsigned(P.namespaceStart)) + (state.machine?.bootNs ?? 0n);
  event.thread = state.threads.add(child, true);
}

function fillFromClone(state: HostState, event: CaptureEvent, child: ThreadInfo): void {
  child.fdLimit = event.i64(P.fdLimit);
  if (event.has(12)) {
    child.pageFaultsMajor = event.unsigned(8);
    child.pageFaultsMinor = event.unsigned(9);
    child.vmSizeKb = event.u32(10);
    child.vmRssKb = event.u32(11);
    child.vmSwapKb = event.u32(12);
  }
  child.uid = event.u32(P.uid);
  child.gid = event.u32(P.gid);
  state.users.noteHostUser(child.uid, child.gid);
  if (event.has(P.cgroups)) child.setCgroups(event.texts(P.cgroups));
  child.cloneNs = event.timeNs;
}

// What a process takes from its parent: copies of the descriptors, directory and environment.
function inheritProcess(child: ThreadInfo, parent: ThreadInfo): void {
  const table = parent.fdTable;
  if (table !== undefined)
    for (const [fd, info] of table.orderedEntries()) child.fds.set(fd, info.clone());
  // The child may not be a thread of its own process yet, so nothing that looks for a main thread will do.
  child.cwd = parent.main?.cwd ?? "./";
  child.env = parent.env;
}

function inherit(child: ThreadInfo, source: ThreadInfo): void {
  child.setExepath(source.exepath);
  child.exeWritable = source.exeWritable;
  child.exeUpperLayer = source.exeUpperLayer;
  child.exeLowerLayer = source.exeLowerLayer;
  child.exeFromMemfd = source.exeFromMemfd;
  child.root = source.root;
  child.sid = source.sid;
  child.vpgid = source.vpgid;
  child.pgid = source.pgid;
  child.tty = source.tty;
  child.loginUid = source.loginUid;
  child.capPermitted = source.capPermitted;
  child.capInheritable = source.capInheritable;
  child.capEffective = source.capEffective;
  child.exeInode = source.exeInode;
  child.exeInodeCtimeNs = source.exeInodeCtimeNs;
  child.exeInodeMtimeNs = source.exeInodeMtimeNs;
  child.exeInodeCtimeToCloneNs = source.exeInodeCtimeToCloneNs;
}
