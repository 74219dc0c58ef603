import type { RecordMemory } from "@ocelli/linux";

import { readText } from "./record-reader.ts";

/** A socket's address. */
export interface SocketAddress {
  readonly family: "inet" | "inet6" | "unix" | "netlink" | "other";
  /** 4 or 16 bytes in network order. */
  readonly ip?: Uint8Array;
  readonly port?: number;
  readonly path?: string;
  /** As a person reads it: `127.0.0.1:80`, `[::1]:80`, `/run/x.sock`, `@abstract`. */
  readonly text: string;
}

// include/uapi/linux/{un,in,in6,netlink}.h, the family first in all of them:
//   AF_UNIX      2  path, or a NUL and a name
//   AF_INET      2  u16 port   4  u8[4] address
//   AF_INET6     2  u16 port   8  u8[16] address
//   AF_NETLINK   4  u32 port id
/** Reads a `sockaddr`; undefined when it is too short to be one. */
export function readAddress(
  memory: RecordMemory,
  offset: number,
  size: number,
): SocketAddress | undefined {
  if (size < 2) return undefined;
  const { view } = memory;
  const family = view.getUint16(offset, true);
  switch (family) {
    case 1: {
      const isAbstract = size > 3 && memory.bytes[offset + 2] === 0;
      const path = isAbstract
        ? `@${readText(memory, offset + 3, size - 3).replaceAll("\0", "@")}`
        : untilNul(readText(memory, offset + 2, size - 2));
      return { family: "unix", path, text: path };
    }
    case 2: {
      if (size < 8) return undefined;
      const ip = memory.copy(offset + 4, 4);
      const port = view.getUint16(offset + 2, false);
      return { family: "inet", ip, port, text: `${ipText(ip)}:${port}` };
    }
    case 10: {
      if (size < 24) return undefined;
      const whole = memory.copy(offset + 8, 16);
      const port = view.getUint16(offset + 2, false);
      // A mapped address is what the connection really uses.
      const ip = isMapped(whole) ? whole.subarray(12) : whole;
      if (ip.length === 4) return { family: "inet", ip, port, text: `${ipText(ip)}:${port}` };
      return { family: "inet6", ip, port, text: `[${ipText(ip)}]:${port}` };
    }
    case 16:
      return { family: "netlink", text: size < 8 ? "0" : String(view.getUint32(offset + 4, true)) };
    default:
      return { family: "other", text: `family ${family}` };
  }
}

function untilNul(text: string): string {
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

/** Whether an IPv6 address stands for one of IPv4. */
export function isMapped(ip: Uint8Array): boolean {
  return ip.every((byte, index) => (index < 10 ? byte === 0 : index < 12 ? byte === 0xff : true));
}

/** An address of 4 or 16 bytes as RFC 5952 writes it. */
export function ipText(ip: Uint8Array): string {
  if (ip.length === 4) return ip.join(".");
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((ip[index * 2] ?? 0) << 8) | (ip[index * 2 + 1] ?? 0)).toString(16),
  );
  // The longest run of two zeros or more becomes "::", the first of them if there are several.
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (groups[start + length] === "0") length += 1;
    if (length > best.length) best = { start, length };
  }
  if (best.start < 0) return groups.join(":");
  const head = groups.slice(0, best.start).join(":");
  const tail = groups.slice(best.start + best.length).join(":");
  return `${head}::${tail}`;
}
