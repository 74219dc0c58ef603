import * as module from "./profile.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

const hex = (addresses: readonly bigint[]): string[] =>
  addresses.map((address) => `0x${address.toString(16)}`);

/** profile: what runs. */
export const tool: Tool = defineTool({
  name: "profile",
  brief: "What runs: stacks, sampled on every processor",
  module,
  columns: { pid: 8, comm: 16, count: 8, kernel: 0 },
  report: (app, print) => {
    for (const [{ pid, comm, kernel, user }, samples] of app.samples.entries())
      print({
        pid,
        comm,
        count: samples,
        kernel: hex(app.stacks.stack(kernel)),
        user: hex(app.stacks.stack(user)),
      });
  },
});
