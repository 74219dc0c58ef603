import type { CaptureEvent } from "../../event/capture-event.ts";
import type { Parameters } from "../../event/parameters.ts";
import { eventId } from "../../events/event-table.ts";
import { joinPath } from "../../text/join-path.ts";
import { directoryOf, UNKNOWN_DIRECTORY } from "../directory.ts";
import type { HostState } from "../host-state.ts";
import { CLONE, type ThreadInfo } from "../thread-info.ts";

const EXECVE_ENTER = eventId("syscall_execve_19_e");
const AT_EMPTY_PATH = 1;

// Flags of the program that was started (`PPM_EXE_*`).
const EXE_WRITABLE = 1;
const EXE_UPPER_LAYER = 2;
const EXE_FROM_MEMFD = 4;
const EXE_LOWER_LAYER = 8;

/** Follows a successful execve(2) or execveat(2): the thread runs another program now. */
export function followExec(state: HostState, event: CaptureEvent): void {
  const thread = event.thread;
  if (thread === undefined) return;
  if (thread.isDead) {
    thread.flags &= ~CLONE.closed;
    if (thread.group !== undefined) thread.group.alive++;
  }
  thread.exe = event.text(1);
  thread.lastExecNs = event.timeNs;
  thread.comm = event.has(13) ? event.text(13) : thread.exe;
  thread.setArgs(event.texts(2));
  thread.pid = event.i64(4);
  if (thread.isInvalid) {
    thread.ptid = event.i64(5);
    if ((thread.flags & CLONE.childInPidNamespace) === 0) {
      thread.vtid = thread.tid;
      thread.vpid = thread.pid;
    }
    state.threads.connect(thread);
  }
  thread.fdLimit = event.i64(7);
  if (event.has(12)) {
    thread.pageFaultsMajor = event.unsigned(8);
    thread.pageFaultsMinor = event.unsigned(9);
    thread.vmSizeKb = event.u32(10);
    thread.vmRssKb = event.u32(11);
    thread.vmSwapKb = event.u32(12);
  }
  if (event.has(15)) thread.env = event.texts(15);
  if (event.has(14)) thread.setCgroups(event.texts(14));
  if (event.has(16)) thread.tty = event.u32(16);
  if (event.has(27)) thread.setExepath(event.text(27));
  else if (event.enter !== undefined) thread.setExepath(pathOf(event, thread, event.enter));
  if (event.has(17)) thread.vpgid = event.i64(17);
  if (event.has(18)) thread.loginUid = event.u32(18);
  setProgram(event, thread);
  if (event.has(26)) thread.uid = event.u32(26);
  thread.pgid = event.has(28) ? event.i64(28) : -1;
  if (event.has(29)) thread.gid = event.u32(29);
  if (thread.containerId === "") state.users.noteHostUser(thread.uid, thread.gid);
  const table = thread.fdTable;
  if (table !== undefined)
    for (const [fd, info] of table.entries()) if (info.closesOnExec) table.delete(fd);
  const kept = CLONE.pipeSource | CLONE.pipeDestination | CLONE.mainThread | CLONE.inverted;
  thread.flags = (thread.flags & kept) | CLONE.active | CLONE.nameChanged;
  if (thread.group === undefined || thread.group.alive <= 1) return;
  // The other threads of the process end with the old program.
  const others = thread.group.threads.slice();
  for (const other of others)
    if (!other.removed && !other.isMain && other.tid !== thread.tid)
      state.threads.remove(other.tid);
}

function setProgram(event: CaptureEvent, thread: ThreadInfo): void {
  if (event.has(19)) {
    const flags = event.u32(19);
    thread.exeWritable = (flags & EXE_WRITABLE) !== 0;
    thread.exeUpperLayer = (flags & EXE_UPPER_LAYER) !== 0;
    thread.exeFromMemfd = (flags & EXE_FROM_MEMFD) !== 0;
    thread.exeLowerLayer = (flags & EXE_LOWER_LAYER) !== 0;
  }
  if (event.has(22)) {
    thread.capInheritable = BigInt(event.unsigned(20));
    thread.capPermitted = BigInt(event.unsigned(21));
    thread.capEffective = BigInt(event.unsigned(22));
  }
  if (!event.has(25)) return;
  thread.exeInode = event.unsigned(23);
  thread.exeInodeCtimeNs = BigInt(event.unsigned(24));
  thread.exeInodeMtimeNs = BigInt(event.unsigned(25));
  if (thread.cloneNs !== 0n)
    thread.exeInodeCtimeToCloneNs = BigInt.asUintN(64, thread.cloneNs - thread.exeInodeCtimeNs);
  const start = thread.pidNamespaceStartNs;
  if (start !== 0n && thread.exeInodeCtimeNs > start)
    thread.exeInodeCtimeToNamespaceNs = thread.exeInodeCtimeNs - start;
}

// Captures of before 2022 have no path of the program: it follows from the enter event and the directory.
function pathOf(event: CaptureEvent, thread: ThreadInfo, enter: Parameters): string {
  if (enter.type === EXECVE_ENTER) {
    const path = enter.text(0);
    return path === "<NA>" ? path : joinPath(thread.main?.cwd ?? "./", path);
  }
  const emptyPath = (enter.u32(2) & AT_EMPTY_PATH) !== 0;
  const path = enter.text(1);
  const fd = enter.i64(0);
  const directory = directoryOf(thread, path, fd);
  if (directory !== "." && directory !== UNKNOWN_DIRECTORY) event.fd = thread.findFd(fd);
  if ((!emptyPath && path === "<NA>") || directory === UNKNOWN_DIRECTORY) return "<NA>";
  return emptyPath ? joinPath("", directory) : joinPath(directory, path);
}
