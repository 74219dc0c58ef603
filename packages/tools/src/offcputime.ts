import * as module from "./offcputime.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

const hex = (addresses: readonly bigint[]): string[] =>
  addresses.map((address) => `0x${address.toString(16)}`);

/** offcputime: where threads wait. */
export const tool: Tool = defineTool({
  name: "offcputime",
  brief: "Where threads wait: time off the processor by stack",
  module,
  columns: { pid: 8, tid: 8, comm: 16, us: 12, kernel: 0 },
  report: (app, print) => {
    for (const [place, time] of app.times.entries())
      print({
        pid: place.pid,
        tid: place.tid,
        comm: place.comm,
        us: Number(time) / 1000,
        kernel: hex(app.stacks.stack(place.kernel)),
        user: hex(app.stacks.stack(place.user)),
      });
  },
});
