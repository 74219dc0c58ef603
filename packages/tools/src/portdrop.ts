import { ipv4 } from "./address.ts";
import * as module from "./portdrop.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

/** portdrop: drops packets to one port. */
export const tool: Tool = defineTool({
  name: "portdrop",
  brief: "Drops packets to one port of a device, and counts them by sender",
  module,
  columns: { from: 16, packets: 0 },
  report: (app, print) => {
    for (const [sender, packets] of app.dropped.entries()) print({ from: ipv4(sender), packets });
  },
});
