import * as module from "./cpudist.bpf.ts";
import { printSlots } from "./histogram.ts";
import { defineTool, type Tool } from "./tool.ts";

/** cpudist: how long threads stay on a processor. */
export const tool: Tool = defineTool({
  name: "cpudist",
  brief: "How long threads stay on a processor",
  module,
  columns: { us_from: 12, us_to: 12, count: 10, bar: 0 },
  report: (app, print) => {
    printSlots(app.times.slots(), "us", print);
  },
});
