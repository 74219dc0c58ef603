import type { CaptureEvent } from "../../event/capture-event.ts";
import { FD_KIND, TRANSPORT } from "../../scap/entries.ts";
import { decodeTerminated } from "../../text/decode-text.ts";
import { isMapped, readIpv4, sameIpv6 } from "../address.ts";
import type { FdInfo } from "../fd-info.ts";
import type { HostState } from "../host-state.ts";
import type { ThreadInfo } from "../thread-info.ts";
import { AF, isTuple } from "./packed.ts";

/** Takes the ends of a socket from a parameter. False when it holds none, or the same as before. */
export function updateTuple(
  state: HostState,
  event: CaptureEvent,
  fd: FdInfo,
  index: number,
): boolean {
  if (!isTuple(event, index)) return false;
  const { bytes, view } = event;
  const at = event.offsetOf(index);
  const family = bytes[at];
  if (family === AF.unix) {
    fd.kind = FD_KIND.unix;
    fd.unixSource = view.getBigUint64(at + 1, true);
    fd.unixDestination = view.getBigUint64(at + 9, true);
    fd.name = decodeTerminated(bytes, at + 17, at + event.lengthOf(index));
    return true;
  }
  if (family === AF.inet) {
    if (fd.kind === FD_KIND.ipv4Listening) unfold4(fd);
    fd.kind = FD_KIND.ipv4;
    const source = readIpv4(bytes, at + 1);
    const destination = readIpv4(bytes, at + 7);
    const [sport, dport] = [view.getUint16(at + 5, true), view.getUint16(at + 11, true)];
    if (!setEnds4(fd, source, sport, destination, dport, false)) return false;
  } else if (family === AF.inet6) {
    const source = bytes.slice(at + 1, at + 17);
    const destination = bytes.slice(at + 19, at + 35);
    const [sport, dport] = [view.getUint16(at + 17, true), view.getUint16(at + 35, true)];
    if (isMapped(source) && isMapped(destination)) {
      if (fd.kind === FD_KIND.ipv4Listening) unfold4(fd);
      fd.kind = FD_KIND.ipv4;
      const [from, to] = [readIpv4(source, 12), readIpv4(destination, 12)];
      if (!setEnds4(fd, from, sport, to, dport, false)) return false;
    } else if (!setEnds6(fd, source, sport, destination, dport, false)) return false;
  }
  // TCP does not change its ends on the way.
  if (fd.isConnection && fd.transport === TRANSPORT.unknown) fd.transport = TRANSPORT.udp;
  state.interfaces.completeTuple(fd);
  return true;
}

// The library keeps the address and port of a listening socket where a connection has its source and the first half of
// its destination: a bound datagram socket starts with those. Its destination then is the port, low byte first, and
// the transport.
function unfold4(fd: FdInfo): void {
  const port = fd.destinationPort;
  fd.source4 = fd.destination4;
  fd.destination4 =
    (((port & 0xff) << 24) | ((port >>> 8) << 16) | ((fd.transport & 0xff) << 8)) >>> 0;
  fd.sourcePort = 0;
  fd.destinationPort = 0;
}

/**
 * Sets both ends of an IPv4 connection; the destination only when it has none yet, or with `overwrite`. False when it
 * has these ends already, in either direction.
 */
export function setEnds4(
  fd: FdInfo,
  source: number,
  sport: number,
  destination: number,
  dport: number,
  overwrite: boolean,
): boolean {
  const same =
    fd.source4 === source &&
    fd.sourcePort === sport &&
    fd.destination4 === destination &&
    fd.destinationPort === dport;
  const reversed =
    fd.source4 === destination &&
    fd.sourcePort === dport &&
    fd.destination4 === source &&
    fd.destinationPort === sport;
  if (same || reversed) return false;
  let changed = fd.source4 !== source || fd.sourcePort !== sport;
  fd.source4 = source;
  fd.sourcePort = sport;
  if (fd.destination4 === 0 || (overwrite && fd.destination4 !== destination)) {
    fd.destination4 = destination;
    changed = true;
  }
  if (fd.destinationPort === 0 || (overwrite && fd.destinationPort !== dport)) {
    fd.destinationPort = dport;
    changed = true;
  }
  return changed;
}

/** The same for IPv6; a socket that was no connection yet has no ends to compare with. */
export function setEnds6(
  fd: FdInfo,
  source: Uint8Array,
  sport: number,
  destination: Uint8Array,
  dport: number,
  overwrite: boolean,
): boolean {
  if (fd.kind === FD_KIND.ipv6) {
    const ports = fd.sourcePort === sport && fd.destinationPort === dport;
    const crossed = fd.sourcePort === dport && fd.destinationPort === sport;
    if (ports && sameIpv6(fd.source6, source) && sameIpv6(fd.destination6, destination))
      return false;
    if (crossed && sameIpv6(fd.source6, destination) && sameIpv6(fd.destination6, source))
      return false;
  }
  let changed = !sameIpv6(fd.source6, source) || fd.sourcePort !== sport;
  fd.source6 = source;
  fd.sourcePort = sport;
  const known = fd.destination6;
  if (sameIpv6(known, undefined) || (overwrite && !sameIpv6(known, destination))) {
    fd.destination6 = destination;
    changed = true;
  }
  if (fd.destinationPort === 0 || (overwrite && fd.destinationPort !== dport)) {
    fd.destinationPort = dport;
    changed = true;
  }
  return changed;
}

/** Guesses who serves: whose process has the port bound, else whoever reads first. */
export function guessRole(fd: FdInfo, thread: ThreadInfo, incoming: boolean): void {
  const table = thread.fdTable;
  let bound = false;
  let client = false;
  if (table !== undefined)
    for (const other of table.values()) {
      if (other.kind !== FD_KIND.ipv4 && other.kind !== FD_KIND.ipv4Listening) continue;
      if (other.destinationPort === fd.destinationPort) bound = true;
      if (other.kind === FD_KIND.ipv4 && other.sourcePort === fd.sourcePort) client = true;
    }
  if (!bound) fd.setClient();
  else if (!client || incoming) fd.setServer();
  else fd.setClient();
}
