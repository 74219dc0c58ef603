// Files that processes look at with stat(2) and its kin, and what came of it.
import {
  char,
  comm,
  hashMap,
  i32,
  pid,
  readUserStr,
  ringBuf,
  struct,
  tid,
  tracepoint,
  u32,
  u64,
  userPtr,
} from "@ocelli/compiler";

const calls = hashMap({ key: u32, value: u64, maxEntries: 10_240 });

const Looked = struct("looked", { pid: u32, result: i32, comm: char(16), file: char(256) });
/** A record per call. */
export const looked = ringBuf(Looked, { bytes: 1024 * 1024 });

function exit(result: i32): void {
  const file = calls.lookup(tid());
  if (!file) return;
  looked.emit((e) => {
    e.pid = pid();
    e.result = result;
    comm(e.comm);
    readUserStr(e.file, userPtr(file.value));
  });
  calls.delete(tid());
}

/** stat(2) of old, on machines that have it. */
export const enterStat = tracepoint("syscalls/sys_enter_newstat", (ctx) => {
  calls.set(tid(), u64(ctx.filename));
});
/** lstat(2) of old. */
export const enterLstat = tracepoint("syscalls/sys_enter_newlstat", (ctx) => {
  calls.set(tid(), u64(ctx.filename));
});
/** fstatat(2). */
export const enterFstatat = tracepoint("syscalls/sys_enter_newfstatat", (ctx) => {
  calls.set(tid(), u64(ctx.filename));
});
/** statx(2). */
export const enterStatx = tracepoint("syscalls/sys_enter_statx", (ctx) => {
  calls.set(tid(), u64(ctx.filename));
});
/** The end of stat(2). */
export const exitStat = tracepoint("syscalls/sys_exit_newstat", (ctx) => {
  exit(i32(ctx.ret));
});
/** The end of lstat(2). */
export const exitLstat = tracepoint("syscalls/sys_exit_newlstat", (ctx) => {
  exit(i32(ctx.ret));
});
/** The end of fstatat(2). */
export const exitFstatat = tracepoint("syscalls/sys_exit_newfstatat", (ctx) => {
  exit(i32(ctx.ret));
});
/** The end of statx(2). */
export const exitStatx = tracepoint("syscalls/sys_exit_statx", (ctx) => {
  exit(i32(ctx.ret));
});
