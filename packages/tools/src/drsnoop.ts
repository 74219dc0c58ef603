import * as module from "./drsnoop.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

/** drsnoop: processes that must free memory themselves. */
export const tool: Tool = defineTool({
  name: "drsnoop",
  brief: "Direct reclaim: processes that must free memory before they get any",
  module,
  columns: { pid: 8, comm: 16, pages: 8, us: 0 },
  stream: (app, print) => {
    app.reclaims.consume(({ pid, comm, pages, duration }) => {
      print({ pid, comm, pages, us: Number(duration) / 1000 });
    });
  },
});
