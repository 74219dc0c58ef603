import * as module from "./syscount.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

/** syscount: system calls by number. */
export const tool: Tool = defineTool({
  name: "syscount",
  brief: "System calls by number: how many, and how long they took",
  module,
  columns: { call: 8, count: 12, us: 0 },
  report: (app, print) => {
    const rows = [...app.totals.entries()].toSorted(([, a], [, b]) => Number(b.count - a.count));
    for (const [call, { count, time }] of rows) print({ call, count, us: Number(time) / 1000 });
  },
});
