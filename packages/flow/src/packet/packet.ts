/** A packet taken apart, as far as its bytes go. Offsets count from the first byte given. */
export interface Packet {
  /** The link layer; undefined for packets that begin with IP. */
  ethernet: EthernetHeader | undefined;
  ip: IpHeader | undefined;
  l4: TransportHeader | undefined;
  /** The tunnel that the packet came in; the other layers are those inside. */
  tunnel: TunnelHeader | undefined;
  /** Where the bytes behind the last header begin, and how many there are. */
  payloadOffset: number;
  payloadLength: number;
  /** Where and why reading stopped early; undefined for a packet read to its payload. */
  stopped: PacketStop | undefined;
}

/** Why a packet could not be read further. */
export interface PacketStop {
  readonly layer: "ethernet" | "ip" | "l4" | "tunnel";
  readonly offset: number;
  readonly reason: "truncated" | "malformed" | "unsupported";
}

/** Ethernet II and its VLAN tags (IEEE 802.3, 802.1Q). */
export interface EthernetHeader {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly etherType: number;
  /** VLAN numbers, the outermost first. */
  readonly vlans: readonly number[];
}

/** IPv4 (RFC 791) or IPv6 with its extension headers (RFC 8200). */
export interface IpHeader {
  readonly version: 4 | 6;
  /** Four or sixteen bytes, a view of the packet. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** The protocol behind all extension headers. */
  readonly protocol: number;
  readonly ttl: number;
  /** Length of the whole IP packet in bytes as its header says; a capture may hold less. */
  readonly totalLength: number;
  /** Offset of a fragment in bytes, and whether more follow; of a whole packet 0 and false. */
  readonly fragmentOffset: number;
  readonly moreFragments: boolean;
  /** Differentiated services and congestion notification. */
  readonly trafficClass: number;
}

/** What is above IP. Flags of TCP are the low nine bits, FIN first (RFC 9293, RFC 3540). */
export type TransportHeader =
  | {
      readonly kind: "tcp";
      readonly sourcePort: number;
      readonly destinationPort: number;
      readonly sequence: number;
      readonly acknowledgment: number;
      readonly flags: number;
      readonly window: number;
    }
  | { readonly kind: "udp"; readonly sourcePort: number; readonly destinationPort: number }
  | {
      readonly kind: "sctp";
      readonly sourcePort: number;
      readonly destinationPort: number;
      /** The first chunk's type; undefined when it was cut off. */
      readonly chunkType: number | undefined;
    }
  | { readonly kind: "icmpv4" | "icmpv6"; readonly type: number; readonly code: number }
  | {
      readonly kind: "vrrp";
      readonly type: number;
      readonly vrid: number;
      readonly priority: number;
    }
  | { readonly kind: "igmp"; readonly type: number; readonly group: Uint8Array };

/** The outer headers of VXLAN (RFC 7348) or Geneve (RFC 8926). */
export interface TunnelHeader {
  readonly kind: "vxlan" | "geneve";
  readonly vni: number;
  readonly ip: IpHeader;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** Bits of `flags` of TCP. */
export const TCP_FLAG = {
  fin: 0x001,
  syn: 0x002,
  rst: 0x004,
  psh: 0x008,
  ack: 0x010,
  urg: 0x020,
  ece: 0x040,
  cwr: 0x080,
  ns: 0x100,
} as const;
