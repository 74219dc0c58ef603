import * as module from "./statsnoop.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

/** statsnoop: files that processes look at. */
export const tool: Tool = defineTool({
  name: "statsnoop",
  brief: "Files that processes look at with stat(2) and its kin",
  module,
  columns: { pid: 8, comm: 16, error: 6, path: 0 },
  optional: ["enterStat", "enterLstat", "exitStat", "exitLstat"],
  stream: (app, print) => {
    app.looked.consume(({ pid, comm, result, file }) => {
      print({ pid, comm, error: Math.abs(Math.min(result, 0)), path: file });
    });
  },
});
