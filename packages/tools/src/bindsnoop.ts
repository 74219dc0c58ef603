import { FAMILIES, ipv6 } from "./address.ts";
import * as module from "./bindsnoop.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

/** bindsnoop: sockets that processes bind. */
export const tool: Tool = defineTool({
  name: "bindsnoop",
  brief: "Sockets that processes bind to an address",
  module,
  columns: { pid: 8, comm: 16, address: 24, port: 6, error: 0 },
  stream: (app, print) => {
    app.bound.consume(({ pid, comm, result, family, address }) => {
      // struct sockaddr_in: family, port, address; sockaddr_in6 has a flow label in between.
      const where =
        family === FAMILIES.inet ? address.slice(4, 8).join(".") : ipv6(address.slice(8, 24));
      const port = address[2] * 256 + address[3];
      print({ pid, comm, address: where, port, error: Math.abs(Math.min(result, 0)) });
    });
  },
});
