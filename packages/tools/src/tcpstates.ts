import { ntohs } from "@ocelli/compiler";

import { ipv4 } from "./address.ts";
import * as module from "./tcpstates.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

// include/net/tcp_states.h
const STATES =
  "NONE ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN CLOSING NEW_SYN_RECV BOUND_INACTIVE".split(
    " ",
  );
const nameOf = (state: number): string => STATES[state] ?? String(state);

/** tcpstates: changes of TCP connections' states. */
export const tool: Tool = defineTool({
  name: "tcpstates",
  brief: "Every change of a TCP connection's state",
  module,
  columns: { pid: 8, comm: 16, from: 16, local: 6, to: 16, port: 6, before: 12, now: 12, ms: 0 },
  stream: (app, print) => {
    app.changes.consume((e) => {
      print({
        pid: e.pid,
        comm: e.comm,
        from: ipv4(e.from),
        local: e.local,
        to: ipv4(e.to),
        port: ntohs(e.remote),
        before: nameOf(e.before),
        now: nameOf(e.now),
        ms: Number(e.duration) / 1e6,
      });
    });
  },
});
