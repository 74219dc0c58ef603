import { ipv4 } from "./address.ts";
import * as module from "./ratelimit.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

/** ratelimit: so many packets a second for every sender. */
export const tool: Tool = defineTool({
  name: "ratelimit",
  brief: "Lets every sender have so many packets a second",
  module,
  columns: { from: 16, tokens: 10, passed: 12, dropped: 0 },
  report: (app, print) => {
    const totals = { passed: app.passed.value, dropped: app.dropped.value };
    for (const [sender, { tokens }] of app.buckets.entries())
      print({ from: ipv4(sender), tokens: tokens / 1_000_000_000n, ...totals });
  },
});
