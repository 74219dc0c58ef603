import * as module from "./execsnoop.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

/** execsnoop: programs that processes start. */
export const tool: Tool = defineTool({
  name: "execsnoop",
  brief: "Programs that processes start, with their arguments",
  module,
  columns: { pid: 8, parent: 8, comm: 16, args: 0 },
  stream: (app, print) => {
    app.started.consume(({ pid, parent, uid, comm, file, length, arguments: args }) => {
      print({ pid, parent, uid, comm, file, args: argumentsOf(args, length) });
    });
  },
});

/** Arguments lie one after the other, each with a NUL; the last one may be cut. */
function argumentsOf(bytes: readonly number[], length: number): string[] {
  const text = new TextDecoder().decode(
    Uint8Array.from(bytes.slice(0, Math.min(length, bytes.length))),
  );
  return text.replace(/\0$/, "").split("\0");
}
