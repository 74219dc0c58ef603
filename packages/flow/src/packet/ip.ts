import { u16 } from "./cursor.ts";
import type { IpHeader, PacketStop } from "./packet.ts";

/** An IP header read, and where its payload lies. */
export interface IpRead {
  readonly header: IpHeader | undefined;
  readonly payloadOffset: number;
  /** Where the IP packet ends: bytes behind it are padding of the link. */
  readonly end: number;
  readonly stopped: PacketStop | undefined;
}

// Chains are short; a crafted one of empty headers would otherwise be walked to the end of the packet.
const MOST_EXTENSIONS = 16;

/** Reads the IP header at `start`, IPv4 or IPv6 by its version. */
export function readIp(bytes: Uint8Array, start: number): IpRead {
  if (start >= bytes.length) return stopped(start, start, "truncated");
  const version = (bytes[start] ?? 0) >> 4;
  if (version === 4) return readIpv4(bytes, start);
  if (version === 6) return readIpv6(bytes, start);
  return stopped(start, bytes.length, "malformed");
}

function stopped(offset: number, end: number, reason: PacketStop["reason"]): IpRead {
  return {
    header: undefined,
    payloadOffset: offset,
    end,
    stopped: { layer: "ip", offset, reason },
  };
}

function readIpv4(bytes: Uint8Array, start: number): IpRead {
  if (start + 20 > bytes.length) return stopped(start, bytes.length, "truncated");
  const length = ((bytes[start] ?? 0) & 0x0f) * 4;
  const said = u16(bytes, start + 2);
  // With segmentation offload the kernel shows packets whose length is still 0.
  const totalLength = said === 0 ? bytes.length - start : said;
  if (length < 20 || totalLength < length) return stopped(start, bytes.length, "malformed");
  if (start + length > bytes.length) return stopped(start, bytes.length, "truncated");
  const fragment = u16(bytes, start + 6);
  return {
    header: {
      version: 4,
      source: bytes.subarray(start + 12, start + 16),
      destination: bytes.subarray(start + 16, start + 20),
      protocol: bytes[start + 9] ?? 0,
      ttl: bytes[start + 8] ?? 0,
      totalLength,
      fragmentOffset: (fragment & 0x1fff) * 8,
      moreFragments: (fragment & 0x2000) !== 0,
      trafficClass: bytes[start + 1] ?? 0,
    },
    payloadOffset: start + length,
    end: Math.min(bytes.length, start + totalLength),
    stopped: undefined,
  };
}

function readIpv6(bytes: Uint8Array, start: number): IpRead {
  if (start + 40 > bytes.length) return stopped(start, bytes.length, "truncated");
  const said = u16(bytes, start + 4);
  const totalLength = said === 0 ? bytes.length - start : 40 + said;
  const end = Math.min(bytes.length, start + totalLength);
  let protocol = bytes[start + 6] ?? 0;
  let at = start + 40;
  let fragmentOffset = 0;
  let moreFragments = false;
  let problem: PacketStop | undefined;
  for (let count = 0; isExtension(protocol); count += 1) {
    if (at + 8 > end || count === MOST_EXTENSIONS) {
      const reason = at + 8 > end ? "truncated" : "malformed";
      problem = { layer: "ip", offset: at, reason };
      break;
    }
    const next = bytes[at] ?? 0;
    if (protocol === 44) {
      const fragment = u16(bytes, at + 2);
      fragmentOffset = fragment & 0xfff8;
      moreFragments = (fragment & 1) !== 0;
      at += 8;
      protocol = next;
      if (fragmentOffset > 0) break;
      continue;
    }
    const words = bytes[at + 1] ?? 0;
    // The authentication header counts in words of four bytes (RFC 4302), the others in words of eight.
    at += protocol === 51 ? (words + 2) * 4 : (words + 1) * 8;
    protocol = next;
    if (at > end) {
      problem = { layer: "ip", offset: at, reason: "truncated" };
      at = end;
      break;
    }
  }
  return {
    header: {
      version: 6,
      source: bytes.subarray(start + 8, start + 24),
      destination: bytes.subarray(start + 24, start + 40),
      protocol,
      ttl: bytes[start + 7] ?? 0,
      totalLength,
      fragmentOffset,
      moreFragments,
      trafficClass: (u16(bytes, start) >> 4) & 0xff,
    },
    payloadOffset: at,
    end,
    stopped: problem,
  };
}

/** Hop-by-hop, routing, fragment, authentication, destination options, mobility, HIP, shim6. */
function isExtension(protocol: number): boolean {
  switch (protocol) {
    case 0:
    case 43:
    case 44:
    case 51:
    case 60:
    case 135:
    case 139:
    case 140:
      return true;
    default:
      return false;
  }
}
