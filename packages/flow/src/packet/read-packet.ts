import { u16, u24, u32 } from "./cursor.ts";
import { readIp } from "./ip.ts";
import type { EthernetHeader, IpHeader, Packet, PacketStop, TransportHeader } from "./packet.ts";

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const TRANSPARENT_ETHERNET = 0x6558;
const VLAN_TAGS = new Set([0x8100, 0x88a8, 0x9100]);
const MOST_VLANS = 4;
// Linux' default beside IANA's number of VXLAN; Geneve (RFC 8926, 3.3).
const VXLAN_PORTS = new Set([4789, 8472]);
const GENEVE_PORT = 6081;

/** What the first byte of a packet belongs to. */
export type LinkType = "ethernet" | "ip";

/** What to look for. */
export interface PacketOptions {
  readonly link?: LinkType;
  /** Look into VXLAN and Geneve. True unless said otherwise. */
  readonly tunnels?: boolean;
}

/**
 * Takes a packet apart: Ethernet with up to four VLAN tags, IPv4 or IPv6 with its extension headers, TCP, UDP, ICMP, SCTP,
 * VRRP or IGMP, and what is inside one VXLAN or Geneve header. Views of `bytes` are kept, nothing is copied. Never throws:
 * where bytes are missing or wrong, the layers before are there and `stopped` says where and why.
 */
export function readPacket(bytes: Uint8Array, options: PacketOptions = {}): Packet {
  const packet: Packet = {
    ethernet: undefined,
    ip: undefined,
    l4: undefined,
    tunnel: undefined,
    payloadOffset: 0,
    payloadLength: bytes.length,
    stopped: undefined,
  };
  if (options.link === "ip") readNetwork(bytes, 0, packet);
  else readEthernet(bytes, 0, packet);
  if (options.tunnels !== false) enterTunnel(bytes, packet);
  return packet;
}

function stop(
  packet: Packet,
  layer: PacketStop["layer"],
  offset: number,
  reason: PacketStop["reason"],
): void {
  packet.stopped = { layer, offset, reason };
}

// destination 6, source 6, tags of 4 bytes each, type 2
function readEthernet(bytes: Uint8Array, start: number, packet: Packet): void {
  let at = start + 12;
  const vlans: number[] = [];
  for (;;) {
    if (at + 2 > bytes.length) return stop(packet, "ethernet", start, "truncated");
    if (!VLAN_TAGS.has(u16(bytes, at)) || vlans.length === MOST_VLANS) break;
    if (at + 4 > bytes.length) return stop(packet, "ethernet", at, "truncated");
    vlans.push(u16(bytes, at + 2) & 0x0fff);
    at += 4;
  }
  const etherType = u16(bytes, at);
  const ethernet: EthernetHeader = {
    destination: bytes.subarray(start, start + 6),
    source: bytes.subarray(start + 6, start + 12),
    etherType,
    vlans,
  };
  packet.ethernet = ethernet;
  packet.payloadOffset = at + 2;
  packet.payloadLength = bytes.length - at - 2;
  if (etherType === IPV4 || etherType === IPV6) readNetwork(bytes, at + 2, packet);
  else stop(packet, "ethernet", at, "unsupported");
}

function readNetwork(bytes: Uint8Array, start: number, packet: Packet): void {
  const read = readIp(bytes, start);
  packet.ip = read.header;
  packet.payloadOffset = read.payloadOffset;
  packet.payloadLength = Math.max(0, read.end - read.payloadOffset);
  if (read.stopped !== undefined) {
    packet.stopped = read.stopped;
    return;
  }
  if (read.header !== undefined)
    readTransport(bytes, read.payloadOffset, read.end, read.header, packet);
}

function readTransport(
  bytes: Uint8Array,
  start: number,
  end: number,
  ip: IpHeader,
  packet: Packet,
): void {
  // Only the first fragment has the header.
  if (ip.fragmentOffset > 0) return stop(packet, "l4", start, "unsupported");
  const size = headerSize(ip.protocol);
  if (size === undefined) return stop(packet, "l4", start, "unsupported");
  if (start + size > end) return stop(packet, "l4", start, "truncated");
  const { header, length } = transportOf(bytes, start, end, ip);
  packet.l4 = header;
  const payload = start + length;
  if (length < size || payload > end) return stop(packet, "l4", start, "malformed");
  packet.payloadOffset = payload;
  packet.payloadLength = end - payload;
}

/** The least header of a protocol in bytes (IANA's protocol numbers); undefined for those that are not read. */
function headerSize(protocol: number): number | undefined {
  switch (protocol) {
    case 1:
    case 58:
      return 4;
    case 2:
    case 17:
      return 8;
    case 6:
      return 20;
    case 112:
      return 4;
    case 132:
      return 12;
    default:
      return undefined;
  }
}

function transportOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  ip: IpHeader,
): { readonly header: TransportHeader; readonly length: number } {
  const sourcePort = u16(bytes, start);
  const destinationPort = u16(bytes, start + 2);
  switch (ip.protocol) {
    case 6: {
      const offsetAndFlags = u16(bytes, start + 12);
      return {
        header: {
          kind: "tcp",
          sourcePort,
          destinationPort,
          sequence: u32(bytes, start + 4),
          acknowledgment: u32(bytes, start + 8),
          flags: offsetAndFlags & 0x1ff,
          window: u16(bytes, start + 14),
        },
        length: (offsetAndFlags >> 12) * 4,
      };
    }
    case 17:
      return { header: { kind: "udp", sourcePort, destinationPort }, length: 8 };
    case 132:
      return {
        header: {
          kind: "sctp",
          sourcePort,
          destinationPort,
          chunkType: start + 12 < end ? bytes[start + 12] : undefined,
        },
        length: 12,
      };
    case 2: {
      const group = bytes.subarray(start + 4, start + 8);
      return { header: { kind: "igmp", type: bytes[start] ?? 0, group }, length: 8 };
    }
    case 112:
      return {
        header: {
          kind: "vrrp",
          type: (bytes[start] ?? 0) & 0x0f,
          vrid: bytes[start + 1] ?? 0,
          priority: bytes[start + 2] ?? 0,
        },
        length: 4,
      };
    default: {
      const kind = ip.protocol === 1 ? "icmpv4" : "icmpv6";
      return { header: { kind, type: bytes[start] ?? 0, code: bytes[start + 1] ?? 0 }, length: 4 };
    }
  }
}

/** Replaces the outer layers by the inner ones where the payload is VXLAN or Geneve with something readable inside. */
function enterTunnel(bytes: Uint8Array, packet: Packet): void {
  const { l4, ip } = packet;
  if (l4?.kind !== "udp" || ip === undefined || packet.stopped !== undefined) return;
  const start = packet.payloadOffset;
  const end = start + packet.payloadLength;
  const { destinationPort, sourcePort } = l4;
  const inner = VXLAN_PORTS.has(destinationPort)
    ? vxlan(bytes, start, end)
    : destinationPort === GENEVE_PORT
      ? geneve(bytes, start, end)
      : undefined;
  if (inner === undefined) return;
  const outer = { ...packet };
  packet.ethernet = undefined;
  packet.ip = undefined;
  packet.l4 = undefined;
  packet.tunnel = { kind: inner.kind, vni: inner.vni, ip, sourcePort, destinationPort };
  const within = bytes.subarray(0, end);
  if (inner.etherType === TRANSPARENT_ETHERNET) readEthernet(within, inner.offset, packet);
  else readNetwork(within, inner.offset, packet);
  // Some other protocol on that port: the outer packet is all there is to say.
  if (packet.ip === undefined) Object.assign(packet, outer);
}

interface Inner {
  readonly kind: "vxlan" | "geneve";
  readonly vni: number;
  readonly offset: number;
  readonly etherType: number;
}

// flags 1 (0x08: the number is valid), reserved 3, VNI 3, reserved 1
function vxlan(bytes: Uint8Array, start: number, end: number): Inner | undefined {
  if (start + 8 > end || ((bytes[start] ?? 0) & 0x08) === 0) return undefined;
  const vni = u24(bytes, start + 4);
  return { kind: "vxlan", vni, offset: start + 8, etherType: TRANSPARENT_ETHERNET };
}

// version and length of options in words 1, flags 1, type 2, VNI 3, reserved 1, options
function geneve(bytes: Uint8Array, start: number, end: number): Inner | undefined {
  if (start + 8 > end || (bytes[start] ?? 0) >> 6 !== 0) return undefined;
  const etherType = u16(bytes, start + 2);
  const offset = start + 8 + ((bytes[start] ?? 0) & 0x3f) * 4;
  if (offset > end) return undefined;
  if (etherType !== TRANSPARENT_ETHERNET && etherType !== IPV4 && etherType !== IPV6)
    return undefined;
  return { kind: "geneve", vni: u24(bytes, start + 4), offset, etherType };
}
