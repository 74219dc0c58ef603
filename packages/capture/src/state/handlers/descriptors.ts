import type { CaptureEvent } from "../../event/capture-event.ts";
import { FD_KIND } from "../../scap/entries.ts";
import { FdInfo, OPEN } from "../fd-info.ts";
import type { Handler } from "../handlers.ts";
import { CLONE } from "../thread-info.ts";

const CLOSE_RANGE_CLOEXEC = 4;
const F_DUPFD = 1;
const F_SETFD = 3;
const F_DUPFD_CLOEXEC = 26;
const EPOLL_CLOEXEC = 1;

/** Descriptors that are closed, copied, or made without a path. */
export const DESCRIPTOR_HANDLERS: Readonly<Record<string, Handler>> = {
  syscall_close_x: (state, event) => {
    const thread = event.thread;
    if (event.result >= 0 && event.fd !== undefined && thread !== undefined)
      state.closeLater(thread.tid, thread.lastFd);
  },
  syscall_close_range_x: (_state, event) => {
    const table = event.thread?.fdTable;
    if (event.result < 0 || table === undefined) return;
    const first = event.u32(1);
    const last = event.u32(2);
    const marks = (event.u32(3) & CLOSE_RANGE_CLOEXEC) !== 0;
    for (const [number, fd] of table.entries()) {
      if (number < first || number > last) continue;
      if (marks) fd.openFlags |= OPEN.cloexec;
      else table.delete(number);
    }
  },
  "syscall_dup_1_x syscall_dup2_x syscall_dup3_x": (_state, event) => {
    const { thread, fd, result } = event;
    if (thread === undefined || fd === undefined || result < 0) return;
    if (result === 0) thread.flags |= CLONE.pipeDestination;
    if (result === 1) thread.flags |= CLONE.pipeSource;
    const copy = fd.clone();
    copy.clearCloseOnExec();
    if (event.info.name === "dup3" && (event.u32(3) & OPEN.cloexec) !== 0)
      copy.openFlags |= OPEN.cloexec;
    event.fd = thread.addFd(result, copy);
  },
  syscall_fcntl_x: (_state, event) => {
    const { thread, fd, result } = event;
    const command = event.u32(2);
    if (command !== F_DUPFD && command !== F_DUPFD_CLOEXEC && command !== F_SETFD) return;
    if (thread === undefined || fd === undefined || result < 0) return;
    if (command === F_SETFD) {
      fd.clearCloseOnExec();
      if ((event.u32(3) & 1) !== 0) fd.openFlags |= OPEN.cloexec;
      return;
    }
    const copy = fd.clone();
    copy.clearCloseOnExec();
    if (command === F_DUPFD_CLOEXEC) copy.openFlags |= OPEN.cloexec;
    event.fd = thread.addFd(result, copy);
  },
  "syscall_pipe_x syscall_pipe2_x": (_state, event) => {
    const thread = event.thread;
    if (event.result < 0 || thread === undefined) return;
    const flags = event.info.name === "pipe2" ? event.u32(4) : 0;
    for (const end of [1, 2]) {
      const fd = new FdInfo();
      fd.kind = FD_KIND.fifo;
      fd.inode = event.unsigned(3);
      fd.openFlags = flags;
      event.fd = thread.addFd(event.i64(end), fd);
    }
  },
  "syscall_eventfd_x syscall_eventfd2_x": (_state, event) =>
    make(event, FD_KIND.event, event.info.name === "eventfd2" ? event.u32(1) : 0),
  "syscall_signalfd_x syscall_signalfd4_x": (_state, event) =>
    make(event, FD_KIND.signalfd, event.info.name === "signalfd4" ? event.u32(1) : 0),
  "syscall_inotify_init_x syscall_inotify_init1_x": (_state, event) =>
    make(event, FD_KIND.inotify, event.info.name === "inotify_init1" ? event.u32(1) : 0),
  syscall_timerfd_create_x: (_state, event) => make(event, FD_KIND.timerfd, event.u32(2)),
  syscall_bpf_2_x: (_state, event) => make(event, FD_KIND.bpf, 0),
  syscall_userfaultfd_x: (_state, event) => make(event, FD_KIND.userfaultfd, 0),
  syscall_io_uring_setup_x: (_state, event) => make(event, FD_KIND.ioUring, 0),
  syscall_epoll_create_x: (_state, event) => make(event, FD_KIND.epoll, 0),
  syscall_epoll_create1_x: (_state, event) =>
    make(event, FD_KIND.epoll, (event.u32(1) & EPOLL_CLOEXEC) === 0 ? 0 : OPEN.cloexec),
  syscall_memfd_create_x: (_state, event) => {
    const thread = event.thread;
    if (thread === undefined) return;
    const fd = new FdInfo();
    if (event.result >= 0) {
      fd.kind = FD_KIND.memfd;
      fd.name = event.text(1);
      fd.openFlags = event.u32(2);
    }
    event.fd = thread.addFd(event.result, fd);
  },
  syscall_pidfd_open_x: (_state, event) => {
    const thread = event.thread;
    if (thread === undefined || event.result < 0) return;
    const fd = new FdInfo();
    fd.kind = FD_KIND.pidfd;
    fd.pid = event.i64(1);
    fd.name = `/proc/${fd.pid}`;
    fd.openFlags = event.u32(2);
    event.fd = thread.addFd(event.result, fd);
  },
  syscall_pidfd_getfd_x: (state, event) => {
    const thread = event.thread;
    const pidfd = thread?.findFd(event.i64(1));
    if (thread === undefined || pidfd?.kind !== FD_KIND.pidfd) return;
    const target = state.threads.find(pidfd.pid)?.findFd(event.i64(2));
    if (target === undefined) return;
    const copy = target.clone();
    copy.clearCloseOnExec();
    copy.openFlags |= OPEN.cloexec;
    event.fd = thread.addFd(event.result, copy);
  },
};

function make(event: CaptureEvent, kind: number, openFlags: number): void {
  const thread = event.thread;
  if (thread === undefined || event.result < 0) return;
  const fd = new FdInfo();
  fd.kind = kind;
  fd.openFlags = openFlags;
  event.fd = thread.addFd(event.result, fd);
}
