import * as module from "./tcbytes.bpf.ts";
import { defineTool, type Tool } from "./tool.ts";

/** tcbytes: packets and bytes of a device by protocol. */
export const tool: Tool = defineTool({
  name: "tcbytes",
  brief: "Packets and bytes of a device by protocol",
  module,
  columns: { protocol: 10, packets: 12, bytes: 0 },
  defaults: { direction: "ingress" },
  report: (app, print) => {
    for (const [protocol, cpus] of app.traffic.entries()) {
      const sum = (of: (one: (typeof cpus)[number]) => bigint): bigint =>
        cpus.reduce((total, one) => total + of(one), 0n);
      print({
        protocol: `0x${protocol.toString(16).padStart(4, "0")}`,
        packets: sum(({ packets }) => packets),
        bytes: sum(({ bytes }) => bytes),
      });
    }
  },
});
