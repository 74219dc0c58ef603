import type { Diagnostic } from "@ocelli/bpf";

/** Numbers of link types that are met most often, of tcpdump.org/linktypes.html. */
export const LINK_TYPE = {
  null: 0,
  ethernet: 1,
  raw: 101,
  ieee80211: 105,
  linuxCooked: 113,
  ieee80211Radio: 127,
  ipv4: 228,
  ipv6: 229,
  netlink: 253,
  linuxCooked2: 276,
} as const;

/** Where packets were captured. */
export interface PacketInterface {
  readonly linkType: number;
  /** Most bytes of a packet that were kept; 0 is no limit. */
  readonly snapLength: number;
  /** `""` where the file does not say. */
  readonly name: string;
}

/** One packet of a capture. */
export interface CapturedPacket {
  /** Index into the capture's interfaces. */
  readonly interfaceIndex: number;
  /** Nanoseconds since 1970; 0 where the file does not say. */
  readonly timeNs: bigint;
  /** Bytes that the packet had on the wire; `data` may be shorter. */
  readonly originalLength: number;
  /** What was kept of it: a part of the file's bytes, not copied. */
  readonly data: Uint8Array;
}

/** A capture of packets: `.pcap` or `.pcapng`. */
export interface PacketCapture {
  readonly format: "pcap" | "pcapng";
  /** Byte order of the file; of its first section. */
  readonly littleEndian: boolean;
  readonly interfaces: readonly PacketInterface[];
  readonly packets: readonly CapturedPacket[];
  /** What is wrong behind the last packet that could be read, and with blocks that were left out. */
  readonly diagnostics: readonly Diagnostic[];
}
