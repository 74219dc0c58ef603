import * as module from "./fileguard.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

/** fileguard: keeps everybody from writing one file. */
export const tool: Tool = defineTool({
  name: "fileguard",
  brief: "Keeps everybody from opening one file for writing",
  module,
  columns: { pid: 8, comm: 16, inode: 12, denied: 0 },
  stream: (app, print) => {
    app.tried.consume(({ pid, comm, inode, denied }) => {
      print({ pid, comm, inode, denied: denied !== 0 });
    });
  },
});
