import * as module from "./biosnoop.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

/** biosnoop: every request to a block device. */
export const tool: Tool = defineTool({
  name: "biosnoop",
  brief: "Every request to a block device: who asked, how long it took",
  module,
  columns: { pid: 8, comm: 16, device: 8, sector: 12, bytes: 10, us: 0 },
  stream: (app, print) => {
    app.done.consume(({ pid, comm, device, sector, bytes, duration }) => {
      const name = `${device >>> 20}:${device & 0xf_ffff}`;
      print({ pid, comm, device: name, sector, bytes, us: Number(duration) / 1000 });
    });
  },
});
