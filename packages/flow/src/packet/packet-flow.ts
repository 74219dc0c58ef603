import { create } from "@bufbuild/protobuf";

import {
  EthernetSchema,
  FlowSchema,
  FlowType,
  IPSchema,
  IPVersion,
  Layer4Schema,
  SCTPChunkType,
  Tunnel_Protocol,
  TunnelSchema,
  type Flow,
  type IP,
  type Layer4,
} from "../proto/flow.gen.ts";
import { summarize } from "../text/summary.ts";
import { addressText, hardwareAddressText } from "./address-text.ts";
import { TCP_FLAG, type IpHeader, type Packet, type TransportHeader } from "./packet.ts";

// RFC 9260, 3.2, to Hubble's enum.
const CHUNKS: ReadonlyMap<number, SCTPChunkType> = new Map([
  [1, SCTPChunkType.INIT],
  [2, SCTPChunkType.INIT_ACK],
  [6, SCTPChunkType.ABORT],
  [7, SCTPChunkType.SHUTDOWN],
  [8, SCTPChunkType.SHUTDOWN_ACK],
  [14, SCTPChunkType.SHUTDOWN_COMPLETE],
]);

/** The part of a flow that a packet tells: addresses, ports, flags, tunnel, summary. Verdict, time and ends are the caller's. */
export function flowOfPacket(packet: Packet): Flow {
  const flow = create(FlowSchema, { Type: FlowType.L3_L4 });
  const { ethernet, ip, l4, tunnel } = packet;
  if (ethernet !== undefined) {
    flow.ethernet = create(EthernetSchema, {
      source: hardwareAddressText(ethernet.source),
      destination: hardwareAddressText(ethernet.destination),
    });
  }
  if (ip !== undefined) flow.IP = ipOf(ip);
  if (l4 !== undefined) flow.l4 = layer4Of(l4);
  if (tunnel !== undefined) {
    const { sourcePort, destinationPort } = tunnel;
    flow.tunnel = create(TunnelSchema, {
      protocol: tunnel.kind === "vxlan" ? Tunnel_Protocol.VXLAN : Tunnel_Protocol.GENEVE,
      IP: ipOf(tunnel.ip),
      l4: layer4Of({ kind: "udp", sourcePort, destinationPort }),
      vni: tunnel.vni,
    });
  }
  flow.Summary = summarize(flow);
  return flow;
}

function ipOf({ version, source, destination }: IpHeader): IP {
  return create(IPSchema, {
    source: addressText(source),
    destination: addressText(destination),
    ipVersion: version === 4 ? IPVersion.IPv4 : IPVersion.IPv6,
  });
}

function layer4Of(header: TransportHeader): Layer4 {
  switch (header.kind) {
    case "tcp": {
      const { sourcePort, destinationPort, flags } = header;
      const has = (bit: number): boolean => (flags & bit) !== 0;
      const value = {
        sourcePort,
        destinationPort,
        flags: {
          FIN: has(TCP_FLAG.fin),
          SYN: has(TCP_FLAG.syn),
          RST: has(TCP_FLAG.rst),
          PSH: has(TCP_FLAG.psh),
          ACK: has(TCP_FLAG.ack),
          URG: has(TCP_FLAG.urg),
          ECE: has(TCP_FLAG.ece),
          CWR: has(TCP_FLAG.cwr),
          NS: has(TCP_FLAG.ns),
        },
      };
      return create(Layer4Schema, { protocol: { case: "TCP", value } });
    }
    case "udp": {
      const { sourcePort, destinationPort } = header;
      return create(Layer4Schema, {
        protocol: { case: "UDP", value: { sourcePort, destinationPort } },
      });
    }
    case "sctp": {
      const { sourcePort, destinationPort } = header;
      const chunkType = CHUNKS.get(header.chunkType ?? -1) ?? SCTPChunkType.UNSUPPORTED;
      return create(Layer4Schema, {
        protocol: { case: "SCTP", value: { sourcePort, destinationPort, chunkType } },
      });
    }
    case "icmpv4":
    case "icmpv6": {
      const { type, code } = header;
      return create(Layer4Schema, {
        protocol: { case: header.kind === "icmpv4" ? "ICMPv4" : "ICMPv6", value: { type, code } },
      });
    }
    case "vrrp": {
      const { type, vrid, priority } = header;
      return create(Layer4Schema, { protocol: { case: "VRRP", value: { type, vrid, priority } } });
    }
    case "igmp": {
      const value = { type: header.type, groupAddress: addressText(header.group) };
      return create(Layer4Schema, { protocol: { case: "IGMP", value } });
    }
  }
}
