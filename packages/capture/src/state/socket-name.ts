import { FD_KIND, TRANSPORT } from "../scap/entries.ts";
import { ipv4Text, ipv6Text, isMapped, readIpv4 } from "./address.ts";
import type { FdInfo } from "./fd-info.ts";

const ZEROS = new Uint8Array(16);

/** Both ends of an IPv4 connection as `fd.name` shows them: `10.0.0.1:4000->10.0.0.2:80`. */
export function tupleName4(
  source: number,
  sport: number,
  destination: number,
  dport: number,
): string {
  return `${ipv4Text(source)}:${sport}->${ipv4Text(destination)}:${dport}`;
}

/** Both ends of an IPv6 connection as `fd.name` shows them. */
export function tupleName6(
  source: Uint8Array | undefined,
  sport: number,
  destination: Uint8Array | undefined,
  dport: number,
): string {
  return `${ipv6Text(source)}:${sport}->${ipv6Text(destination)}:${dport}`;
}

/** The name of a socket after its ends became known: without ports unless it is TCP or UDP. */
export function socketName(fd: FdInfo): string {
  const withPorts = fd.transport === TRANSPORT.tcp || fd.transport === TRANSPORT.udp;
  const raw = fd.transport === TRANSPORT.icmp || fd.transport === TRANSPORT.raw;
  if (fd.kind === FD_KIND.ipv4) {
    if (withPorts)
      return tupleName4(fd.source4, fd.sourcePort, fd.destination4, fd.destinationPort);
    return raw ? `${ipv4Text(fd.source4)}->${ipv4Text(fd.destination4)}` : "<unknown>";
  }
  const source = fd.source6 ?? ZEROS;
  const destination = fd.destination6 ?? ZEROS;
  const mapped = isMapped(source) && isMapped(destination);
  if (withPorts) {
    return mapped
      ? tupleName4(
          readIpv4(source, 12),
          fd.sourcePort,
          readIpv4(destination, 12),
          fd.destinationPort,
        )
      : tupleName6(source, fd.sourcePort, destination, fd.destinationPort);
  }
  if (fd.transport !== TRANSPORT.icmp) return "<unknown>";
  return mapped
    ? `${ipv4Text(readIpv4(source, 12))}->${ipv4Text(readIpv4(destination, 12))}`
    : `${ipv6Text(source)}->${ipv6Text(destination)}`;
}
