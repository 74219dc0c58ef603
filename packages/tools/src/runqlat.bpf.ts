// How long threads that could run wait for a processor, as a histogram over powers of two.
import { config, hashMap, i32, ktimeNs, log2Hist, tracepoint, u64 } from "@ocelli/compiler";

/** Only this thread; 0 means all. */
export const thread = config(i32, 0);

const queued = hashMap({ key: i32, value: u64, maxEntries: 65_536, lru: true });

/** Microseconds. */
export const waits = log2Hist();

function enqueue(id: i32): void {
  if (id === 0 || (thread.value !== 0 && thread.value !== id)) return;
  queued.set(id, ktimeNs());
}

/** A thread that slept may run. */
export const onWakeup = tracepoint("sched/sched_wakeup", (ctx) => {
  enqueue(ctx.pid);
});
/** A new thread may run. */
export const onWakeupNew = tracepoint("sched/sched_wakeup_new", (ctx) => {
  enqueue(ctx.pid);
});
/** One thread gives the processor to another. */
export const onSwitch = tracepoint("sched/sched_switch", (ctx) => {
  // State 0 is running; a higher bit says that it was preempted (include/trace/events/sched.h).
  if ((ctx.prev_state & 0xffn) === 0n) enqueue(ctx.prev_pid);
  const start = queued.lookup(ctx.next_pid);
  if (!start) return;
  waits.record((ktimeNs() - start.value) / 1000n);
  queued.delete(ctx.next_pid);
});
