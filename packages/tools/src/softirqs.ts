import * as module from "./softirqs.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

const KINDS = "HI TIMER NET_TX NET_RX BLOCK IRQ_POLL TASKLET SCHED HRTIMER RCU".split(" ");

/** softirqs: time in soft interrupts. */
export const tool: Tool = defineTool({
  name: "softirqs",
  brief: "Time in soft interrupts, by kind",
  module,
  columns: { kind: 10, count: 10, us: 0 },
  report: (app, print) => {
    KINDS.forEach((kind, index) => {
      const cpus = app.totals.get(index) ?? [];
      const count = cpus.reduce((total, one) => total + one.count, 0n);
      const time = cpus.reduce((total, one) => total + one.time, 0n);
      if (count > 0n) print({ kind, count, us: Number(time) / 1000 });
    });
  },
});
