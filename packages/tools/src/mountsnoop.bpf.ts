// File systems that are mounted and unmounted, and what came of it.
import {
  char,
  comm,
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
  u8,
  userPtr,
} from "@ocelli/compiler";

const Call = struct("mount_call", { time: u64, source: u64, target: u64, type: u64, flags: u64 });
const calls = hashMap({ key: u32, value: Call, maxEntries: 1024 });

const Mounted = struct("mounted", {
  /** Nanoseconds. */
  duration: u64,
  flags: u64,
  pid: u32,
  result: i32,
  /** 1: mount(2), 0: umount(2). */
  mount: u8,
  comm: char(16),
  type: char(16),
  source: char(128),
  target: char(128),
});
/** A record per call. */
export const mounted = ringBuf(Mounted);

function exit(result: i32, mount: u8): void {
  const call = calls.lookup(tid());
  if (!call) return;
  mounted.emit((e) => {
    e.duration = ktimeNs() - call.time;
    e.flags = call.flags;
    e.pid = pid();
    e.result = result;
    e.mount = mount;
    comm(e.comm);
    readUserStr(e.type, userPtr(call.type));
    readUserStr(e.source, userPtr(call.source));
    readUserStr(e.target, userPtr(call.target));
  });
  calls.delete(tid());
}

/** mount(2). */
export const enterMount = tracepoint("syscalls/sys_enter_mount", (ctx) => {
  calls.set(tid(), {
    time: ktimeNs(),
    source: u64(ctx.dev_name),
    target: u64(ctx.dir_name),
    type: u64(ctx.type),
    flags: ctx.flags,
  });
});
/** umount(2). */
export const enterUmount = tracepoint("syscalls/sys_enter_umount", (ctx) => {
  calls.set(tid(), {
    time: ktimeNs(),
    target: u64(ctx.name),
    flags: ctx.flags,
    source: 0n,
    type: 0n,
  });
});
/** The end of mount(2). */
export const exitMount = tracepoint("syscalls/sys_exit_mount", (ctx) => {
  exit(i32(ctx.ret), 1);
});
/** The end of umount(2). */
export const exitUmount = tracepoint("syscalls/sys_exit_umount", (ctx) => {
  exit(i32(ctx.ret), 0);
});
