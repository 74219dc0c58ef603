import { printSlots } from "./histogram.ts";
import * as module from "./runqlat.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

/** runqlat: how long threads wait for a processor. */
export const tool: Tool = defineTool({
  name: "runqlat",
  brief: "How long threads that could run wait for a processor",
  module,
  columns: { us_from: 12, us_to: 12, count: 10, bar: 0 },
  report: (app, print) => {
    printSlots(app.waits.slots(), "us", print);
  },
});
