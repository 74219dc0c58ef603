import type { CaptureEvent } from "../../event/capture-event.ts";
import { ALL_CAPABILITIES } from "../../events/value-names.ts";
import { cwdOf } from "../directory.ts";
import { joinPath } from "../../text/join-path.ts";
import type { Handler } from "../handlers.ts";
import type { HostState } from "../host-state.ts";
import { setCwd } from "../import-process.ts";
import { CLONE } from "../thread-info.ts";

const RLIMIT_NOFILE = 7;
const SET_CHILD_SUBREAPER = 36;
const GET_CHILD_SUBREAPER = 37;

/** What calls change of a thread: directories, users, sessions, capabilities, limits, sizes. */
export const THREAD_HANDLERS: Readonly<Record<string, Handler>> = {
  "syscall_chdir_x syscall_getcwd_x": (_state, event) => {
    if (event.result >= 0 && event.thread !== undefined) setCwd(event.thread, event.text(1));
  },
  syscall_fchdir_x: (_state, event) => {
    if (event.result >= 0 && event.fd !== undefined && event.thread !== undefined)
      setCwd(event.thread, event.fd.name);
  },
  syscall_chroot_x: (state, event) => {
    const thread = event.thread;
    if (thread === undefined || event.result !== 0) return;
    const path = event.text(1);
    const relative = path !== "" && path !== "<NA>" && !path.startsWith("/");
    thread.root = relative ? joinPath(cwdOf(thread), path) : path;
    state.containers.attach(thread);
  },
  syscall_setsid_x: (_state, event) => {
    if (event.result >= 0 && event.thread !== undefined) event.thread.sid = event.result;
  },
  "syscall_setresuid_x syscall_setreuid_x": (state, event) => setUser(state, event, 2),
  syscall_setuid_x: (state, event) => setUser(state, event, 1),
  "syscall_setresgid_x syscall_setregid_x": (state, event) => setGroup(state, event, 2),
  syscall_setgid_x: (state, event) => setGroup(state, event, 1),
  syscall_capset_x: (_state, event) => {
    const thread = event.thread;
    if (event.result < 0 || thread === undefined) return;
    thread.capInheritable = BigInt(event.unsigned(1));
    thread.capPermitted = BigInt(event.unsigned(2));
    thread.capEffective = BigInt(event.unsigned(3));
  },
  "syscall_unshare_x syscall_setns_x": (_state, event) => {
    const thread = event.thread;
    if (event.result < 0 || thread === undefined) return;
    const flags = event.u32(event.info.name === "unshare" ? 1 : 2);
    if ((flags & CLONE.newUser) === 0) return;
    thread.capInheritable = ALL_CAPABILITIES;
    thread.capPermitted = ALL_CAPABILITIES;
    thread.capEffective = ALL_CAPABILITIES;
  },
  syscall_prctl_x: (_state, event) => {
    const thread = event.thread;
    if (event.result < 0 || thread === undefined || thread.isInvalid) return;
    const option = event.u32(1);
    if (option !== SET_CHILD_SUBREAPER && option !== GET_CHILD_SUBREAPER) return;
    if (thread.group !== undefined) thread.group.reaper = event.i64(3) !== 0;
  },
  "syscall_getrlimit_x syscall_setrlimit_x": (_state, event) => {
    if (event.thread === undefined || event.result < 0 || event.u32(3) !== RLIMIT_NOFILE) return;
    const limit = event.i64(1);
    const main = event.thread.main;
    if (limit !== -1 && main !== undefined) main.fdLimit = limit;
  },
  syscall_prlimit_x: (state, event) => {
    if (event.result !== 0 || !event.has(6) || event.u32(6) !== RLIMIT_NOFILE) return;
    const limit = event.i64(1);
    if (limit === -1 || !event.has(5)) return;
    const tid = event.i64(5);
    const thread = state.threads.get(tid === 0 ? event.tid : tid);
    if (thread === undefined || thread.isInvalid) return;
    const main = thread.main;
    if (main !== undefined) main.fdLimit = limit;
  },
  "syscall_brk_4_x syscall_mmap_x syscall_mmap2_x syscall_munmap_x": (_state, event) => {
    const thread = event.thread;
    if (thread === undefined) return;
    if (event.has(1)) thread.vmSizeKb = event.u32(1);
    if (!event.has(3)) return;
    thread.vmRssKb = event.u32(2);
    thread.vmSwapKb = event.u32(3);
  },
  schedswitch_6_e: (_state, event) => {
    const thread = event.thread;
    if (thread === undefined || !event.has(5)) return;
    thread.pageFaultsMajor = event.unsigned(1);
    thread.pageFaultsMinor = event.unsigned(2);
    const main = thread.main;
    if (main === undefined) return;
    main.vmSizeKb = event.u32(3);
    main.vmRssKb = event.u32(4);
    main.vmSwapKb = event.u32(5);
  },
};

function setUser(state: HostState, event: CaptureEvent, parameter: number): void {
  const thread = event.thread;
  if (event.result !== 0 || thread === undefined || !event.has(parameter)) return;
  thread.uid = event.u32(parameter);
  if (thread.containerId === "") state.users.noteHostUser(thread.uid, -1);
}

function setGroup(state: HostState, event: CaptureEvent, parameter: number): void {
  const thread = event.thread;
  if (event.result !== 0 || thread === undefined || !event.has(parameter)) return;
  thread.gid = event.u32(parameter);
  if (thread.containerId === "") state.users.noteHostUser(-1, thread.gid);
}
