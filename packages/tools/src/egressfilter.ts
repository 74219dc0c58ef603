import { ipv4 } from "./address.ts";
import * as module from "./egressfilter.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

/** egressfilter: keeps a cgroup from sending to one network. */
export const tool: Tool = defineTool({
  name: "egressfilter",
  brief: "Keeps the processes of a cgroup from sending to one network",
  module,
  columns: { to: 16, denied: 10, allowed_bytes: 0 },
  report: (app, print) => {
    const total = { allowed_bytes: app.allowed.value };
    const rows = [...app.denied.entries()];
    if (rows.length === 0) print({ to: "", denied: 0, ...total });
    for (const [to, count] of rows) print({ to: ipv4(to), denied: count, ...total });
  },
});
