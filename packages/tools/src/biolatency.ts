import * as module from "./biolatency.bpf.ts";
import { printSlots } from "./histogram.ts";
import { defineTool, type Tool } from "./tool.ts";

/** biolatency: how long block devices take. */
export const tool: Tool = defineTool({
  name: "biolatency",
  brief: "How long block devices take, as a histogram",
  module,
  columns: { us_from: 12, us_to: 12, count: 10, bar: 0 },
  report: (app, print) => {
    printSlots(app.latencies.slots(), "us", print);
  },
});
