import { ntohs } from "@ocelli/compiler";

import { FAMILIES, ipv4, ipv6 } from "./address.ts";
import * as module from "./tcpconnect.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

/** tcpconnect: TCP connections that processes open. */
export const tool: Tool = defineTool({
  name: "tcpconnect",
  brief: "TCP connections that processes open",
  module,
  columns: { pid: 8, comm: 16, from: 24, to: 24, port: 0 },
  stream: (app, print) => {
    app.connects.consume((e) => {
      const isV4 = e.family === FAMILIES.inet;
      print({
        pid: e.pid,
        uid: e.uid,
        comm: e.comm,
        from: isV4 ? ipv4(e.from) : ipv6(e.from6),
        to: isV4 ? ipv4(e.to) : ipv6(e.to6),
        port: ntohs(e.port),
      });
    });
  },
});
