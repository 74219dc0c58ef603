import { ntohs } from "@ocelli/compiler";

import { FAMILIES, ipv4, ipv6 } from "./address.ts";
import * as module from "./tcplife.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

/** tcplife: TCP connections from their beginning to their end. */
export const tool: Tool = defineTool({
  name: "tcplife",
  brief: "TCP connections from their beginning to their end",
  module,
  columns: { pid: 8, comm: 16, from: 24, local: 6, to: 24, port: 6, sent: 10, received: 10, ms: 0 },
  stream: (app, print) => {
    app.lives.consume((e) => {
      const isV4 = e.family === FAMILIES.inet;
      print({
        pid: e.pid,
        comm: e.comm,
        from: isV4 ? ipv4(e.from) : ipv6(e.from6),
        local: e.local,
        to: isV4 ? ipv4(e.to) : ipv6(e.to6),
        port: ntohs(e.remote),
        sent: e.sent,
        received: e.received,
        ms: Number(e.duration) / 1e6,
      });
    });
  },
});
