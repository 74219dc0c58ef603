import { Cursor } from "./cursor.ts";
import type { UserEntry } from "./entries.ts";

const USER = 0;

/**
 * Reads the body of a user list block of version 1 or 2. Undefined when an entry is cut off or longer than it says.
 */
export function readUsers(
  bytes: Uint8Array,
  start: number,
  end: number,
  version: number,
): readonly UserEntry[] | undefined {
  const cursor = new Cursor(bytes, start, end);
  const entries: UserEntry[] = [];
  while (cursor.left >= 4) {
    const first = cursor.position;
    const length = version >= 2 ? cursor.u32() : 0;
    const limit = length === 0 ? end : first + length;
    if (limit > end || (length !== 0 && length < 5)) return undefined;
    entries.push(cursor.u8() === USER ? readUser(cursor) : readGroup(cursor));
    if (cursor.failed || cursor.position > limit) return undefined;
    if (length !== 0) cursor.position = limit;
  }
  return entries;
}

function readUser(cursor: Cursor): UserEntry {
  const uid = cursor.u32();
  const gid = cursor.u32();
  const name = cursor.text();
  const home = cursor.text();
  return { kind: "user", uid, gid, name, home, shell: cursor.text() };
}

function readGroup(cursor: Cursor): UserEntry {
  const gid = cursor.u32();
  return { kind: "group", gid, name: cursor.text() };
}
