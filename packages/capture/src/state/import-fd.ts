import { FD_KIND, TRANSPORT, type FdEntry } from "../scap/entries.ts";
import { ipv4Text, ipv6Text, isMapped, readIpv4 } from "./address.ts";
import { FdInfo } from "./fd-info.ts";
import type { InterfaceTable } from "./interfaces.ts";
import { tupleName4, tupleName6 } from "./socket-name.ts";
import type { ThreadInfo } from "./thread-info.ts";

const NOWHERE = { address: new Uint8Array(16), port: 0 };

/** The descriptor that an entry of a list tells of; undefined when it tells nothing. */
export function fdOfEntry(entry: FdEntry, interfaces: InterfaceTable): FdInfo | undefined {
  if (entry.kind === FD_KIND.unknown) return undefined;
  const fd = new FdInfo();
  fd.kind = entry.kind;
  fd.inode = entry.inode;
  fd.fd = entry.fd;
  const { address: from, port: sport } = entry.source ?? NOWHERE;
  const { address: to, port: dport } = entry.destination ?? NOWHERE;
  fd.transport = entry.transport;
  switch (entry.kind) {
    case FD_KIND.ipv4:
      setTuple4(fd, readIpv4(from, 0), sport, readIpv4(to, 0), dport, interfaces);
      break;
    case FD_KIND.ipv6:
      if (isMapped(from) && isMapped(to))
        setTuple4(fd, readIpv4(from, 12), sport, readIpv4(to, 12), dport, interfaces);
      else {
        fd.source6 = from;
        fd.destination6 = to;
        fd.sourcePort = sport;
        fd.destinationPort = dport;
        fd.connected = fd.transport === TRANSPORT.tcp;
        fd.name = tupleName6(from, sport, to, dport);
      }
      break;
    case FD_KIND.ipv4Listening:
      fd.destination4 = readIpv4(from, 0);
      fd.destinationPort = sport;
      fd.name = `${ipv4Text(fd.destination4)}:${sport}`;
      break;
    case FD_KIND.ipv6Listening:
      fd.destination6 = from;
      fd.destinationPort = sport;
      fd.name = `${ipv6Text(from)}:${sport}`;
      break;
    case FD_KIND.unix:
      fd.unixSource = entry.unixSource;
      fd.unixDestination = entry.unixDestination;
      fd.name = entry.path;
      if (fd.name === "") fd.setClient();
      else fd.setServer();
      break;
    default:
      fd.openFlags = entry.openFlags;
      fd.device = entry.device;
      fd.name = entry.path;
  }
  return fd;
}

/** Gives the IPv4 connections of a list their roles: whoever sends from a port that somebody listens on is a server. */
export function fixProcSockets(thread: ThreadInfo, serverPorts: ReadonlySet<number>): void {
  for (const fd of thread.fds.values()) {
    if (fd.kind !== FD_KIND.ipv4) continue;
    if (!serverPorts.has(fd.sourcePort)) {
      fd.setClient();
      continue;
    }
    swapEnds(fd);
    fd.name = tupleName4(fd.source4, fd.sourcePort, fd.destination4, fd.destinationPort);
    fd.setServer();
  }
}

/** Exchanges the ends of a connection. */
export function swapEnds(fd: FdInfo): void {
  const { source4, source6, sourcePort } = fd;
  fd.source4 = fd.destination4;
  fd.source6 = fd.destination6;
  fd.sourcePort = fd.destinationPort;
  fd.destination4 = source4;
  fd.destination6 = source6;
  fd.destinationPort = sourcePort;
}

function setTuple4(
  fd: FdInfo,
  source: number,
  sport: number,
  destination: number,
  dport: number,
  interfaces: InterfaceTable,
): void {
  fd.kind = FD_KIND.ipv4;
  fd.source4 = source;
  fd.sourcePort = sport;
  fd.destination4 = destination;
  fd.destinationPort = dport;
  fd.connected = fd.transport === TRANSPORT.tcp;
  interfaces.completeTuple(fd);
  fd.name = tupleName4(fd.source4, fd.sourcePort, fd.destination4, fd.destinationPort);
}
