import * as module from "./opensnoop.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

/** opensnoop: files that processes open. */
export const tool: Tool = defineTool({
  name: "opensnoop",
  brief: "Files that processes open, and what came of it",
  module,
  columns: { pid: 8, comm: 16, fd: 5, error: 6, path: 0 },
  optional: ["enterOpen", "exitOpen"],
  stream: (app, print) => {
    app.opened.consume(({ pid, uid, comm, result, flags, file }) => {
      const fd = Math.max(result, -1);
      print({ pid, uid, comm, fd, error: fd < 0 ? Math.abs(result) : 0, flags, path: file });
    });
  },
});
