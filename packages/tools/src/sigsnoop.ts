import * as module from "./sigsnoop.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

/** sigsnoop: signals. */
export const tool: Tool = defineTool({
  name: "sigsnoop",
  brief: "Signals: who sends which to whom",
  module,
  columns: { pid: 8, comm: 16, signal: 7, target: 8, to: 16, result: 0 },
  stream: (app, print) => {
    app.sent.consume(({ pid, comm, signal, target, to, result }) => {
      print({ pid, comm, signal, target, to, result });
    });
  },
});
