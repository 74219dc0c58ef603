import * as module from "./exitsnoop.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

/** exitsnoop: processes that end. */
export const tool: Tool = defineTool({
  name: "exitsnoop",
  brief: "Processes that end: how long they ran, and how they ended",
  module,
  columns: { pid: 8, parent: 8, comm: 16, age_ms: 10, status: 7, signal: 0 },
  stream: (app, print) => {
    app.ended.consume(({ pid, parent, comm, age, code }) => {
      const status = (code >> 8) & 0xff;
      print({ pid, parent, comm, age_ms: Number(age) / 1e6, status, signal: code & 0x7f });
    });
  },
});
