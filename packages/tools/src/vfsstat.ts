import { defineTool, type Tool } from "./tool.ts";
import * as module from "./vfsstat.bpf.ts";

const KINDS = ["read", "write", "fsync", "open", "create"];

/** vfsstat: calls into the virtual file system. */
export const tool: Tool = defineTool({
  name: "vfsstat",
  brief: "Calls into the virtual file system, by kind",
  module,
  columns: { kind: 8, count: 0 },
  report: (app, print) => {
    KINDS.forEach((kind, index) => {
      const counts = app.calls.get(index) ?? [];
      print({ kind, count: counts.reduce((a, b) => a + b, 0n) });
    });
  },
});
