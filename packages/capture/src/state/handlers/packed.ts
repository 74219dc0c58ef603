import type { Parameters } from "../../event/parameters.ts";
import { decodeTerminated } from "../../text/decode-text.ts";
import { printable } from "../../text/printable.ts";
import { isMapped, readIpv4 } from "../address.ts";
import { tupleName4, tupleName6 } from "../socket-name.ts";

// Addresses in parameters, packed:
//   address  u8 family · inet: 4 bytes, u16 port · inet6: 16 bytes, u16 port · unix: path with NUL
//   tuple    u8 family · source, sport, destination, dport likewise · unix: u64, u64, path with NUL

/** Address families in the library's own numbers, which are Linux's. */
export const AF = { unix: 1, inet: 2, inet6: 10, netlink: 16 } as const;

/** Whether a parameter is an address that is all there. */
export function isAddress(event: Parameters, index: number): boolean {
  return isWhole(event, index, 7, 19, 2);
}

/** Whether a parameter holds both ends of a connection, all there. */
export function isTuple(event: Parameters, index: number): boolean {
  return isWhole(event, index, 13, 37, 18);
}

/** The path of a unix address, `skip` bytes into a parameter; what does not print becomes U+FFFD. */
export function unixPath(event: Parameters, index: number, skip: number): string {
  const start = event.offsetOf(index);
  return printable(decodeTerminated(event.bytes, start + skip, start + event.lengthOf(index)));
}

/** A parameter with both ends as text, as arguments and names of sockets show it. */
export function tupleText(event: Parameters, index: number): string {
  const { bytes, view } = event;
  const at = event.offsetOf(index);
  const length = event.lengthOf(index);
  const family = bytes[at];
  if (family === AF.inet) {
    if (length !== 13) return "INVALID IPv4";
    return tupleName4(
      readIpv4(bytes, at + 1),
      view.getUint16(at + 5, true),
      readIpv4(bytes, at + 7),
      view.getUint16(at + 11, true),
    );
  }
  if (family === AF.inet6) {
    if (length !== 37) return "INVALID IPv6";
    const source = bytes.slice(at + 1, at + 17);
    const destination = bytes.slice(at + 19, at + 35);
    const sport = view.getUint16(at + 17, true);
    const dport = view.getUint16(at + 35, true);
    return isMapped(source) && isMapped(destination)
      ? tupleName4(readIpv4(source, 12), sport, readIpv4(destination, 12), dport)
      : tupleName6(source, sport, destination, dport);
  }
  if (family !== AF.unix || length < 18) return `family ${family ?? 0}`;
  const source = view.getBigUint64(at + 1, true).toString(16);
  const destination = view.getBigUint64(at + 9, true).toString(16);
  return `${source}->${destination} ${unixPath(event, index, 17)}`;
}

function isWhole(
  event: Parameters,
  index: number,
  inet: number,
  inet6: number,
  unix: number,
): boolean {
  if (!event.has(index)) return false;
  const length = event.lengthOf(index);
  const at = event.offsetOf(index);
  switch (event.bytes[at]) {
    case AF.inet:
      return length >= inet;
    case AF.inet6:
      return length >= inet6;
    case AF.unix:
      return length >= unix && event.bytes[at + length - 1] === 0;
    default:
      return true;
  }
}
