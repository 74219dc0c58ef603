import { FAMILIES, ipv4, ipv6 } from "./address.ts";
import * as module from "./solisten.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

/** solisten: TCP sockets that begin to listen. */
export const tool: Tool = defineTool({
  name: "solisten",
  brief: "TCP sockets that begin to listen",
  module,
  columns: { pid: 8, comm: 16, address: 24, port: 6, backlog: 0 },
  stream: (app, print) => {
    app.listening.consume(({ pid, comm, family, address, address6, port, backlog }) => {
      const where = family === FAMILIES.inet ? ipv4(address) : ipv6(address6);
      print({ pid, comm, address: where, port, backlog });
    });
  },
});
