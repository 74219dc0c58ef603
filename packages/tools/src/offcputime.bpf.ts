// Where threads wait: time off the processor by stack.
import {
  char,
  config,
  hashMap,
  i32,
  ktimeNs,
  pid,
  stackTraces,
  struct,
  tid,
  tracepoint,
  u32,
  u64,
  currentComm,
} from "@ocelli/compiler";

/** Only this process; 0 means all. */
export const process = config(u32, 0);
/** Shorter waits do not count. Microseconds. */
export const least = config(u64, 1n);

const Place = struct("wait_place", { pid: u32, tid: u32, kernel: i32, user: i32, comm: char(16) });
const Start = struct("wait_start", { time: u64, place: Place });
const starts = hashMap({ key: u32, value: Start, maxEntries: 10_240, lru: true });

/** Stacks by id. */
export const stacks = stackTraces({ maxEntries: 4096 });
/** Nanoseconds by place. */
export const times = hashMap({ key: Place, value: u64, maxEntries: 10_240 });

/** The thread that leaves is still the current one. */
export const onSwitch = tracepoint("sched/sched_switch", (ctx) => {
  const now = ktimeNs();
  if (tid() !== 0 && (process.value === 0 || process.value === pid()))
    starts.set(tid(), {
      time: now,
      place: {
        pid: pid(),
        tid: tid(),
        kernel: stacks.kernel(),
        user: stacks.user(),
        comm: currentComm(),
      },
    });
  const next = u32(ctx.next_pid);
  const start = starts.lookup(next);
  if (!start) return;
  const waited = now - start.time;
  if (waited >= least.value * 1000n) times.lookupOrInit(start.place, 0n)?.add(waited);
  starts.delete(next);
});
