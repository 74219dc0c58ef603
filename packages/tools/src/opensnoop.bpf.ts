// Files that processes open, and what came of it.
import {
  char,
  comm,
  config,
  hashMap,
  i32,
  ktimeNs,
  pid,
  readUserStr,
  ringBuf,
  struct,
  tid,
  tracepoint,
  u32,
  u64,
  uid,
  userPtr,
} from "@ocelli/compiler";

/** Only this process; 0 means all. */
export const process = config(u32, 0);
/** 1: only calls that failed. */
export const failed = config(u32, 0);

const Call = struct("open_call", { file: u64, flags: u32 });
const calls = hashMap({ key: u32, value: Call, maxEntries: 10_240 });

const Opened = struct("opened", {
  time: u64,
  pid: u32,
  uid: u32,
  result: i32,
  flags: u32,
  comm: char(16),
  file: char(256),
});
/** A record per call. */
export const opened = ringBuf(Opened, { bytes: 1024 * 1024 });

function enter(file: u64, flags: u32): void {
  if (process.value !== 0 && process.value !== pid()) return;
  calls.set(tid(), { file, flags });
}

function exit(result: i32): void {
  const call = calls.lookup(tid());
  if (!call) return;
  if (failed.value === 0 || result < 0)
    opened.emit((e) => {
      e.time = ktimeNs();
      e.pid = pid();
      e.uid = uid();
      e.result = result;
      e.flags = call.flags;
      comm(e.comm);
      readUserStr(e.file, userPtr(call.file));
    });
  calls.delete(tid());
}

/** open(2), on machines that have it. */
export const enterOpen = tracepoint("syscalls/sys_enter_open", (ctx) => {
  enter(u64(ctx.filename), u32(ctx.flags));
});
/** openat(2). */
export const enterOpenat = tracepoint("syscalls/sys_enter_openat", (ctx) => {
  enter(u64(ctx.filename), u32(ctx.flags));
});
/** openat2(2), whose flags lie in user memory. */
export const enterOpenat2 = tracepoint("syscalls/sys_enter_openat2", (ctx) => {
  enter(u64(ctx.filename), 0);
});
/** The end of open(2). */
export const exitOpen = tracepoint("syscalls/sys_exit_open", (ctx) => {
  exit(i32(ctx.ret));
});
/** The end of openat(2). */
export const exitOpenat = tracepoint("syscalls/sys_exit_openat", (ctx) => {
  exit(i32(ctx.ret));
});
/** The end of openat2(2). */
export const exitOpenat2 = tracepoint("syscalls/sys_exit_openat2", (ctx) => {
  exit(i32(ctx.ret));
});
