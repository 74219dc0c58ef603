import { Cursor } from "./cursor.ts";
import type { InterfaceEntry } from "./entries.ts";

const IPV4 = 1;
const IPV6 = 2;
const IPV4_NO_SPEED = 3;
const IPV6_NO_SPEED = 4;

/**
 * Reads the body of an interface list block of version 1 or 2. Undefined when an entry is cut off, longer than it says
 * or of an unknown kind.
 */
export function readInterfaces(
  bytes: Uint8Array,
  start: number,
  end: number,
  version: number,
): readonly InterfaceEntry[] | undefined {
  const cursor = new Cursor(bytes, start, end);
  const entries: InterfaceEntry[] = [];
  while (cursor.left >= 4) {
    const length = version >= 2 ? cursor.u32() : 0;
    const limit = length === 0 ? end : cursor.position + length;
    const kind = cursor.u16();
    if (limit > end || kind < IPV4 || kind > IPV6_NO_SPEED) return undefined;
    const nameLength = cursor.u16();
    const size = kind === IPV4 || kind === IPV4_NO_SPEED ? 4 : 16;
    const address = cursor.bytes(size);
    const netmask = cursor.bytes(size);
    const broadcast = cursor.bytes(size);
    const linkSpeed = kind === IPV4 || kind === IPV6 ? cursor.u64() : 0;
    const name = String.fromCharCode(...cursor.bytes(Math.min(nameLength, 1024)));
    if (cursor.failed || cursor.position > limit) return undefined;
    entries.push({ name, address, netmask, broadcast, linkSpeed });
    if (length !== 0) cursor.position = limit;
  }
  return entries;
}
