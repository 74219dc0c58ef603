// Sockets that processes bind to an address.
import {
  array,
  char,
  comm,
  hashMap,
  i32,
  pid,
  readUser,
  readUserAs,
  ringBuf,
  struct,
  tid,
  tracepoint,
  u16,
  u32,
  u64,
  u8,
  userPtr,
} from "@ocelli/compiler";

const AF_INET = 2;
const AF_INET6 = 10;

const calls = hashMap({ key: u32, value: u64, maxEntries: 10_240 });

const Bound = struct("bound", {
  pid: u32,
  result: i32,
  family: u16,
  /** struct sockaddr_in or sockaddr_in6, as the process gave it. */
  address: array(u8, 28),
  comm: char(16),
});
/** A record per call. */
export const bound = ringBuf(Bound);

/** bind(2). */
export const onEnter = tracepoint("syscalls/sys_enter_bind", (ctx) => {
  const family = readUserAs(u16, ctx.umyaddr);
  if (family !== AF_INET && family !== AF_INET6) return;
  calls.set(tid(), u64(ctx.umyaddr));
});

/** Its end. */
export const onExit = tracepoint("syscalls/sys_exit_bind", (ctx) => {
  const call = calls.lookup(tid());
  if (!call) return;
  const address = call.value;
  bound.emit((e) => {
    e.pid = pid();
    e.result = i32(ctx.ret);
    e.family = readUserAs(u16, userPtr(address));
    readUser(e.address, userPtr(address), e.family === AF_INET ? 16 : 28);
    comm(e.comm);
  });
  calls.delete(tid());
});
