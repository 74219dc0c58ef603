import type { CaptureEvent } from "../event/capture-event.ts";
import type { ContainerInfo } from "../container/container-info.ts";
import { ContainerTable } from "../container/container-table.ts";
import { CATEGORY, EVENT_FLAG, EVENTS, eventId, isExit } from "../events/event-table.ts";
import type {
  FdEntry,
  InterfaceEntry,
  MachineInfo,
  ProcessEntry,
  UserEntry,
} from "../scap/entries.ts";
import { EnterRecord } from "./enter-record.ts";
import { fdLocation } from "./fd-location.ts";
import { HANDLERS } from "./handlers.ts";
import { fdOfEntry, fixProcSockets } from "./import-fd.ts";
import { threadOfEntry } from "./import-process.ts";
import { InterfaceTable } from "./interfaces.ts";
import { CLONE, type ThreadInfo } from "./thread-info.ts";
import { ThreadTable, type ThreadSlot } from "./thread-table.ts";
import { UserTable } from "./users.ts";

const FLAGS = Uint16Array.from(EVENTS, ({ flags }) => flags);
const GIVES_RESULT = Uint8Array.from(EVENTS, ({ category, id }) =>
  (category & CATEGORY.systemCall) !== 0 && isExit(id) && id !== eventId("generic_x") ? 1 : 0,
);

const HAS_NO_THREAD = new Set(
  ["container_json_2_e", "user_added_e", "user_deleted_e", "group_added_e", "group_deleted_e"].map(
    eventId,
  ),
).add(eventId("pluginevent_e"));
const ASYNC = eventId("asyncevent_e");
HAS_NO_THREAD.add(ASYNC);

const PROCINFO = eventId("procinfo_e");
const SWITCH = eventId("schedswitch_6_e");
const EXECVE = eventId("syscall_execve_19_x");
const EXECVEAT_ENTER = eventId("syscall_execveat_e");
// The thread of these is born or gone: one that is not known is not made up.
const NOT_MADE_UP = new Set(
  [
    "syscall_clone_20_x",
    "syscall_clone3_x",
    "syscall_fork_20_x",
    "syscall_vfork_20_x",
    "schedswitch_6_e",
    "procexit_1_e",
  ].map(eventId),
);
// Enter events whose parameters the exit may lack or that guard against changes behind the kernel's back.
const KEPT_ENTERS = new Set(
  [
    "syscall_open_e",
    "syscall_creat_e",
    "syscall_openat_2_e",
    "syscall_openat2_e",
    "syscall_execve_19_e",
  ].map(eventId),
);
const KEPT_EMPTY_ENTERS = new Set(["syscall_execveat_e", "socket_connect_e"].map(eventId));

/**
 * What is known of a host while its events go by: threads, descriptors, users, addresses, containers. Follows libsinsp
 * step for step, so that fields read the same; see `docs/decisions.md` for what is left out.
 */
export class HostState {
  readonly threads: ThreadTable = new ThreadTable();
  readonly users: UserTable = new UserTable();
  readonly interfaces: InterfaceTable = new InterfaceTable();
  readonly containers: ContainerTable = new ContainerTable();
  machine: MachineInfo | undefined = undefined;
  /** The container that the event at hand is about. */
  lastContainer: ContainerInfo | undefined = undefined;
  #exited = -1;
  #closedBy = -1;
  readonly #closed: number[] = [];
  readonly #serverPorts = new Set<number>();

  /** Takes a thread of the list that a capture begins with. */
  addProcess(entry: ProcessEntry): void {
    this.users.noteHostUser(entry.uid, entry.gid);
    this.threads.add(threadOfEntry(entry), false);
  }

  /** Takes a descriptor of the lists that a capture begins with. */
  addFd(tid: number, entry: FdEntry): void {
    const thread = this.threads.find(tid);
    const fd = thread === undefined ? undefined : fdOfEntry(entry, this.interfaces);
    if (thread === undefined || fd === undefined) return;
    thread.fds.set(entry.fd, fd);
    if (fd.isListening) this.#serverPorts.add(fd.destinationPort);
  }

  /** Ties the lists together, once all are read and before the first event. */
  begin(interfaces: readonly InterfaceEntry[], users: readonly UserEntry[]): void {
    this.threads.connectAll();
    this.interfaces.importList(interfaces);
    this.users.importList(users);
    for (const thread of this.threads.threads()) {
      fixProcSockets(thread, this.#serverPorts);
      this.containers.attach(thread);
    }
  }

  /** What is due since the last event: threads that exited and descriptors that were closed go only now. */
  settle(event: CaptureEvent): void {
    if (this.#exited !== -1) {
      const tid = this.#exited;
      this.#exited = -1;
      this.threads.noteExit(tid, this.threads.find(tid)?.ptid ?? -1, event.timeNs);
      this.threads.remove(tid);
    }
    if (this.#closed.length > 0) {
      const table = this.threads.find(this.#closedBy)?.fdTable;
      for (const fd of this.#closed) table?.delete(fd);
      this.#closed.length = 0;
    }
  }

  /** Whether the state must follow events of a kind because they change it. */
  static changes(type: number): boolean {
    return HANDLERS[type] !== undefined || KEPT_ENTERS.has(type) || KEPT_EMPTY_ENTERS.has(type);
  }

  /** Follows an event that nobody asks anything of: only its thread is noted. */
  pass(event: CaptureEvent, slot: ThreadSlot): void {
    this.settle(event);
    const type = event.type;
    if (((FLAGS[type] ?? 0) & EVENT_FLAG.skipsState) !== 0 || HAS_NO_THREAD.has(type)) return;
    const thread = this.threads.ensure(slot);
    if (thread?.enter !== undefined && isExit(type)) thread.enter.present = false;
  }

  /** Follows an event: sets its thread and descriptor and changes what it changes. */
  follow(event: CaptureEvent, slot: ThreadSlot): void {
    this.settle(event);
    this.#attach(event, slot);
    HANDLERS[event.type]?.(this, event);
    event.nameChanged = event.fd !== undefined && event.fd.name !== event.fd.oldName;
  }

  /** Ends an event that was followed, when nobody looks at it any more. */
  finish(event: CaptureEvent): void {
    const enter = event.thread?.enter;
    if (enter !== undefined && isExit(event.type)) enter.present = false;
  }

  /** Lets a thread go once this event is over. */
  exitLater(tid: number): void {
    this.#exited = tid;
  }

  /** Lets a descriptor go once this event is over. */
  closeLater(tid: number, fd: number): void {
    this.#closedBy = tid;
    this.#closed.push(fd);
  }

  #attach(event: CaptureEvent, slot: ThreadSlot): void {
    const type = event.type;
    const flags = FLAGS[type] ?? 0;
    event.fd = undefined;
    event.enter = undefined;
    event.errorCode = 0;
    event.thread = undefined;
    this.lastContainer = undefined;
    if ((flags & EVENT_FLAG.skipsState) !== 0) {
      if (type === PROCINFO) event.thread = slot.thread;
      return;
    }
    if (HAS_NO_THREAD.has(type)) return;
    const madeUp = !NOT_MADE_UP.has(type);
    const thread = madeUp ? this.threads.ensure(slot) : slot.thread;
    event.thread = thread;
    if (thread === undefined || type === SWITCH) return;
    if (madeUp) thread.flags |= CLONE.active;
    if (isExit(type)) attachExit(event, thread, flags);
    else attachEnter(event, thread, flags);
  }
}

function attachEnter(event: CaptureEvent, thread: ThreadInfo, flags: number): void {
  const type = event.type;
  thread.lastFd = -1;
  thread.lastEnterType = type;
  if ((flags & EVENT_FLAG.usesFd) !== 0) {
    thread.lastFd = event.i64(0);
    event.fd = thread.findFd(thread.lastFd);
  }
  if ((KEPT_ENTERS.has(type) && event.has(0)) || KEPT_EMPTY_ENTERS.has(type)) {
    thread.enter ??= new EnterRecord();
    thread.enter.keep(event);
  }
}

function attachExit(event: CaptureEvent, thread: ThreadInfo, flags: number): void {
  const type = event.type;
  const afterExecveat = type === EXECVE && thread.lastEnterType === EXECVEAT_ENTER;
  if (afterExecveat || type === thread.lastEnterType + 1) {
    const enter = thread.enter;
    const fits = enter?.type === type - 1 || (type === EXECVE && enter?.type === EXECVEAT_ENTER);
    if (enter?.present === true && fits) event.enter = enter;
  } else thread.lastFd = -1;
  if (GIVES_RESULT[type] === 1 && event.count > 0) {
    const result = event.result;
    if (result < 0) event.errorCode = -result | 0;
  }
  if ((flags & EVENT_FLAG.usesFd) === 0) return;
  if (thread.lastFd === -1) {
    const location = fdLocation(type);
    if (location !== -1 && event.has(location)) thread.lastFd = event.i64(location);
  }
  event.fd = thread.findFd(thread.lastFd);
}
