// System calls by number: how many, and how long they took.
import { config, hashMap, ktimeNs, pid, struct, tid, tracepoint, u32, u64 } from "@ocelli/compiler";

/** Only this process; 0 means all. */
export const process = config(u32, 0);

const Start = struct("call_start", { time: u64, number: u32 });
const starts = hashMap({ key: u32, value: Start, maxEntries: 65_536, lru: true });

const Total = struct("call_total", { count: u64, time: u64 });
/** By number. */
export const totals = hashMap({ key: u32, value: Total, maxEntries: 1024 });

/** A call begins. */
export const onEnter = tracepoint("raw_syscalls/sys_enter", (ctx) => {
  if (process.value !== 0 && process.value !== pid()) return;
  starts.set(tid(), { time: ktimeNs(), number: u32(ctx.id) });
});

/** A call ends. */
export const onExit = tracepoint("raw_syscalls/sys_exit", () => {
  const start = starts.lookup(tid());
  if (!start) return;
  const { time, number } = start;
  starts.delete(tid());
  const total = totals.lookupOrInit(number, { count: 0n, time: 0n });
  if (!total) return;
  total.count += 1n;
  total.time += ktimeNs() - time;
});
