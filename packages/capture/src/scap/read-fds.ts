import { Cursor } from "./cursor.ts";
import { FD_KIND, TRANSPORT, type FdEntry, type SocketEnd } from "./entries.ts";

const NO_SOCKET = { transport: TRANSPORT.unknown, unixSource: 0n, unixDestination: 0n };

/**
 * Reads the body of a descriptor list block of version 1 or 2: hands each entry with the thread's id to `add`. False
 * when an entry is cut off or longer than it says.
 */
export function readFds(
  bytes: Uint8Array,
  start: number,
  end: number,
  version: number,
  add: (tid: number, entry: FdEntry) => void,
): boolean {
  const cursor = new Cursor(bytes, start, end);
  const tid = cursor.i64();
  while (cursor.left >= 4) {
    const first = cursor.position;
    const length = version >= 2 ? cursor.u32() : 0;
    const limit = length === 0 ? end : first + length;
    if (limit > end || (length !== 0 && length < 8)) return false;
    const entry = readEntry(cursor, length === 0 ? 0 : limit);
    if (cursor.failed || cursor.position > limit) return false;
    add(tid, entry);
    if (length !== 0) cursor.position = limit;
  }
  return !cursor.failed;
}

function readEntry(cursor: Cursor, limit: number): FdEntry {
  const fd = cursor.i64();
  const inode = cursor.u64();
  const kind = cursor.u8();
  const base = { fd, inode, kind, path: "", openFlags: 0, device: 0, ...NO_SOCKET };
  switch (kind) {
    case FD_KIND.ipv4:
      return { ...base, ...tuple(cursor, 4) };
    case FD_KIND.ipv6:
      return { ...base, ...tuple(cursor, 16) };
    case FD_KIND.ipv4Listening:
      return { ...base, ...bound(cursor, 4) };
    case FD_KIND.ipv6Listening:
      return { ...base, ...bound(cursor, 16) };
    case FD_KIND.unix: {
      const unixSource = cursor.bigU64();
      const unixDestination = cursor.bigU64();
      return { ...base, unixSource, unixDestination, path: cursor.text() };
    }
    case FD_KIND.fileV2: {
      const openFlags = cursor.u32();
      const path = cursor.text();
      const device = limit !== 0 && cursor.position + 4 <= limit ? cursor.u32() : 0;
      return { ...base, openFlags, path, device };
    }
    case FD_KIND.unknown:
      return base;
    default:
      if (kind > FD_KIND.pidfd)
        return { ...base, kind: FD_KIND.unsupported, path: `unknown-type:[${kind}]` };
      return { ...base, path: cursor.text() };
  }
}

function tuple(
  cursor: Cursor,
  size: number,
): { source: SocketEnd; destination: SocketEnd; transport: number } {
  const from = cursor.bytes(size);
  const to = cursor.bytes(size);
  const source = { address: from, port: cursor.u16() };
  const destination = { address: to, port: cursor.u16() };
  return { source, destination, transport: cursor.u8() };
}

function bound(cursor: Cursor, size: number): { source: SocketEnd; transport: number } {
  const source = { address: cursor.bytes(size), port: cursor.u16() };
  return { source, transport: cursor.u8() };
}
