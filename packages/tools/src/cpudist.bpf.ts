// How long threads stay on a processor, as a histogram over powers of two.
import { config, hashMap, i32, ktimeNs, log2Hist, tracepoint, u64 } from "@ocelli/compiler";

/** Only this thread; 0 means all. */
export const thread = config(i32, 0);

const starts = hashMap({ key: i32, value: u64, maxEntries: 65_536, lru: true });

/** Microseconds. */
export const times = log2Hist();

/** One thread gives the processor to another. */
export const onSwitch = tracepoint("sched/sched_switch", (ctx) => {
  const now = ktimeNs();
  const start = starts.lookup(ctx.prev_pid);
  if (start) {
    times.record((now - start.value) / 1000n);
    starts.delete(ctx.prev_pid);
  }
  const next = ctx.next_pid;
  if (next === 0 || (thread.value !== 0 && thread.value !== next)) return;
  starts.set(next, now);
});
