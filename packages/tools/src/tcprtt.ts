import { printSlots } from "./histogram.ts";
import * as module from "./tcprtt.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

/** tcprtt: round trip times of TCP. */
export const tool: Tool = defineTool({
  name: "tcprtt",
  brief: "Round trip times of TCP as a histogram",
  module,
  columns: { us_from: 12, us_to: 12, count: 10, bar: 0 },
  report: (app, print) => {
    printSlots(app.roundTrips.slots(), "us", print);
  },
});
