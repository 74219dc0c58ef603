// Time in soft interrupts, by kind.
import { arrayMap, hashMap, cpu, ktimeNs, struct, tracepoint, u32, u64 } from "@ocelli/compiler";

const starts = hashMap({ key: u32, value: u64, maxEntries: 1024 });

const Total = struct("softirq_total", { count: u64, time: u64 });
/** By kind: HI, TIMER, NET_TX, NET_RX, BLOCK, IRQ_POLL, TASKLET, SCHED, HRTIMER, RCU. */
export const totals = arrayMap({ value: Total, maxEntries: 10, perCpu: true });

/** A handler begins; it stays on its processor. */
export const onEntry = tracepoint("irq/softirq_entry", () => {
  starts.set(cpu(), ktimeNs());
});

/** It ends. */
export const onExit = tracepoint("irq/softirq_exit", (ctx) => {
  const start = starts.lookup(cpu());
  const total = totals.lookup(ctx.vec);
  if (!start || !total) return;
  total.count += 1n;
  total.time += ktimeNs() - start.value;
});
