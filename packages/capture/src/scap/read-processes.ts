import { decodeTexts } from "../text/decode-text.ts";
import { Cursor } from "./cursor.ts";
import type { ProcessEntry } from "./entries.ts";

// Writers before libs 0.10 have no start of the namespace and no terminal: what they append to an entry is at most the
// login user, whether the program is writable, and three sets of capabilities.
const OLD_TAIL_BYTES = 4 + 1 + 3 * 8;
const NO_USER = 0xffff_ffff;

/**
 * Reads the body of a process list block of version 1 to 9 and hands each entry to `add`. False when an entry is cut
 * off or longer than it says.
 */
export function readProcesses(
  bytes: Uint8Array,
  start: number,
  end: number,
  version: number,
  add: (entry: ProcessEntry) => void,
): boolean {
  const cursor = new Cursor(bytes, start, end);
  while (cursor.left >= 4) {
    const first = cursor.position;
    const length = version >= 9 ? cursor.u32() : 0;
    const limit = length === 0 ? end : first + length;
    if (limit > end || (length !== 0 && length < 8)) return false;
    const entry = readEntry(cursor, version, limit, length !== 0);
    if (cursor.failed || cursor.position > limit) return false;
    add(entry);
    if (length !== 0) cursor.position = limit;
  }
  return true;
}

function readEntry(
  cursor: Cursor,
  version: number,
  limit: number,
  appended: boolean,
): ProcessEntry {
  const head = {
    tid: cursor.i64(),
    pid: cursor.i64(),
    ptid: cursor.i64(),
    sid: version >= 6 ? cursor.i64() : -1,
    vpgid: version >= 8 ? cursor.i64() : -1,
    comm: cursor.text(),
    exe: cursor.text(),
    exepath: version >= 7 ? cursor.text() : "",
    args: texts(cursor.block()),
    cwd: cursor.text(),
    fdLimit: cursor.i64(),
    flags: cursor.u32(),
    uid: cursor.u32(),
    gid: cursor.u32(),
    vmSizeKb: version >= 2 ? cursor.u32() : 0,
    vmRssKb: version >= 2 ? cursor.u32() : 0,
    vmSwapKb: version >= 2 ? cursor.u32() : 0,
    pageFaultsMajor: version >= 2 ? cursor.u64() : 0,
    pageFaultsMinor: version >= 2 ? cursor.u64() : 0,
    env: version >= 3 ? texts(cursor.block()) : [],
    vtid: version >= 4 ? cursor.i64() : -1,
    vpid: version >= 4 ? cursor.i64() : -1,
    cgroups: version >= 4 ? texts(cursor.block()) : [],
    root: version >= 5 ? cursor.text() : "",
  };
  const room = (size: number): boolean => appended && cursor.position + size <= limit;
  const recent = appended && limit - cursor.position > OLD_TAIL_BYTES;
  return {
    ...head,
    pidNamespaceStartNs: recent && room(8) ? cursor.bigU64() : 0n,
    tty: recent && room(4) ? cursor.u32() : 0,
    loginUid: room(4) ? cursor.u32() : NO_USER,
    exeWritable: room(1) && cursor.u8() !== 0,
    capInheritable: room(8) ? cursor.bigU64() : 0n,
    capPermitted: room(8) ? cursor.bigU64() : 0n,
    capEffective: room(8) ? cursor.bigU64() : 0n,
    exeUpperLayer: room(1) && cursor.u8() !== 0,
    exeInode: room(8) ? cursor.u64() : 0,
    exeInodeCtimeNs: room(8) ? cursor.bigU64() : 0n,
    exeInodeMtimeNs: room(8) ? cursor.bigU64() : 0n,
    exeFromMemfd: room(1) && cursor.u8() !== 0,
    exeLowerLayer: room(1) && cursor.u8() !== 0,
    pgid: room(8) ? cursor.i64() : -1,
  };
}

function texts(block: Uint8Array): readonly string[] {
  return decodeTexts(block, 0, block.length);
}
