import type { CaptureEvent } from "../../event/capture-event.ts";
import { FD_KIND } from "../../scap/entries.ts";
import { joinPath } from "../../text/join-path.ts";
import { cwdOf, directoryOf } from "../directory.ts";
import { FdInfo, OPEN } from "../fd-info.ts";
import type { Handler } from "../handlers.ts";
import type { ThreadInfo } from "../thread-info.ts";

// Flags from here on are added by the probe when the call returns.
const ADDED = ~(OPEN.created - 1);
const CREAT_UPPER_LAYER = 1;
const CREAT_LOWER_LAYER = 2;

interface Opened {
  readonly name: string;
  readonly path: string;
  readonly flags: number;
  readonly device: number;
  readonly inode: number | bigint;
}

/** Files that are opened by path. */
export const FILE_HANDLERS: Readonly<Record<string, Handler>> = {
  syscall_open_x: (_state, event) => open(event, openedByOpen),
  syscall_creat_x: (_state, event) => open(event, openedByCreat),
  syscall_openat_2_x: (_state, event) => open(event, (of, thread) => openedByOpenat(of, thread, 5)),
  syscall_openat2_x: (_state, event) => open(event, (of, thread) => openedByOpenat(of, thread, 6)),
  syscall_open_by_handle_at_x: (_state, event) => open(event, openedByHandle),
};

function open(
  event: CaptureEvent,
  read: (event: CaptureEvent, thread: ThreadInfo) => Opened,
): void {
  const thread = event.thread;
  const number = event.result;
  if (thread === undefined || number < 0) return;
  const { name, path, flags, device, inode } = read(event, thread);
  const fd = new FdInfo();
  fd.kind = (flags & OPEN.directory) === 0 ? FD_KIND.fileV2 : FD_KIND.directory;
  fd.openFlags = flags;
  fd.device = device;
  fd.inode = inode;
  fd.nameRaw = name;
  fd.name = path;
  fd.upperLayer = (flags & OPEN.upperLayer) !== 0;
  fd.lowerLayer = (flags & OPEN.lowerLayer) !== 0;
  event.fd = thread.addFd(number, fd);
}

// What the enter event says counts, where there is one: memory may have changed until the exit.
function enterName(event: CaptureEvent, parameter: number): string | undefined {
  const name = event.enter?.text(parameter);
  return name === "<NA>" ? undefined : name;
}

function openedByOpen(event: CaptureEvent, thread: ThreadInfo): Opened {
  const entered = enterName(event, 0);
  const name = entered ?? event.text(1);
  const own = event.u32(2);
  const flags = entered === undefined ? own : (event.enter?.u32(1) ?? 0) | (own & ADDED);
  return {
    name,
    path: joinPath(cwdOf(thread), name),
    flags,
    device: event.u32(4),
    inode: event.has(4) ? event.unsigned(5) : 0,
  };
}

function openedByCreat(event: CaptureEvent, thread: ThreadInfo): Opened {
  const name = enterName(event, 0) ?? event.text(1);
  const layers = event.has(3) && event.has(4) ? event.u32(5) : 0;
  const upper = (layers & CREAT_UPPER_LAYER) !== 0;
  const lower = !upper && (layers & CREAT_LOWER_LAYER) !== 0;
  return {
    name,
    path: joinPath(cwdOf(thread), name),
    flags: (upper ? OPEN.upperLayer : 0) | (lower ? OPEN.lowerLayer : 0),
    device: event.u32(3),
    inode: event.has(3) ? event.unsigned(4) : 0,
  };
}

function openedByOpenat(event: CaptureEvent, thread: ThreadInfo, device: number): Opened {
  const entered = enterName(event, 1);
  const name = entered ?? event.text(2);
  const own = event.u32(3);
  const flags = entered === undefined ? own : (event.enter?.u32(2) ?? 0) | (own & ADDED);
  const source = entered === undefined ? event : event.enter;
  const at = entered === undefined ? 1 : 0;
  const known = source?.has(at) === true;
  const directory = known ? directoryOf(thread, name, source.i64(at)) : "";
  const placed = event.has(device + 1);
  return {
    name,
    path: joinPath(directory, name),
    flags,
    device: placed ? event.u32(device) : 0,
    inode: placed ? event.unsigned(device + 1) : 0,
  };
}

// The probe gives the whole path.
function openedByHandle(event: CaptureEvent): Opened {
  const name = event.text(3);
  return {
    name,
    path: joinPath("", name),
    flags: event.u32(2),
    device: event.u32(4),
    inode: event.unsigned(5),
  };
}
