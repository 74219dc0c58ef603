import * as module from "./mountsnoop.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

/** mountsnoop: file systems that are mounted and unmounted. */
export const tool: Tool = defineTool({
  name: "mountsnoop",
  brief: "File systems that are mounted and unmounted",
  module,
  columns: { pid: 8, comm: 16, call: 7, type: 10, source: 20, target: 30, error: 0 },
  stream: (app, print) => {
    app.mounted.consume(({ pid, comm, mount, type, source, target, flags, result, duration }) => {
      const call = mount === 1 ? "mount" : "umount";
      const error = Math.abs(Math.min(result, 0));
      const us = Number(duration) / 1000;
      print({ pid, comm, call, type, source, target, flags, error, us });
    });
  },
});
