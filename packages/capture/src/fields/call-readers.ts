import type { CaptureEvent } from "../event/capture-event.ts";
import { CATEGORY, EVENT_FLAG, eventId, EVENTS, isExit } from "../events/event-table.ts";
import { FD_KIND } from "../scap/entries.ts";
import { OPEN, type FdInfo } from "../state/fd-info.ts";
import { argumentText } from "./argument-text.ts";
import type { Read } from "./reader.ts";

const GENERIC = eventId("generic_x");
const OPENS = new Set(
  [
    "syscall_open_x",
    "syscall_creat_x",
    "syscall_openat_2_x",
    "syscall_openat2_x",
    "syscall_open_by_handle_at_x",
  ].map(eventId),
);
const CREAT = eventId("syscall_creat_x");
const BY_HANDLE = eventId("syscall_open_by_handle_at_x");
const OPENAT = new Set(["syscall_openat_2_x", "syscall_openat2_x"].map(eventId));
const NET_CALLS = new Set(
  ["socket_accept_5_x", "socket_accept4_6_x", "socket_connect_x"].map(eventId),
);

const GROUPS: readonly string[] = [
  "unknown",
  "other",
  "file",
  "net",
  "IPC",
  "memory",
  "process",
  "sleep",
  "system",
  "signal",
  "user",
  "time",
  "processing",
];
const WAIT = 64;
const SCHEDULER = 128;
const INTERNAL = 256;
const MEMORY = 5;
// Bits that say where an event comes from.
const ORIGIN = 512 | 1024 | 2048 | 4096 | 8192;
const ANY_EXECUTE = 0o111;

function categoryOf(event: CaptureEvent): number {
  return event.info.category & ~ORIGIN;
}

function categoryName(event: CaptureEvent): string {
  const category = categoryOf(event);
  if ((category & CATEGORY.ioBase) !== 0) return ioCategory(event.fd);
  if (category === WAIT) return "wait";
  if (category === SCHEDULER) return "scheduler";
  if (category === INTERNAL) return "internal";
  return GROUPS[category] ?? "unknown";
}

function ioCategory(fd: FdInfo | undefined): string {
  switch (fd?.kind) {
    case FD_KIND.file:
    case FD_KIND.fileV2:
    case FD_KIND.directory:
      return "file";
    case FD_KIND.ipv4:
    case FD_KIND.ipv6:
    case FD_KIND.ipv4Listening:
    case FD_KIND.ipv6Listening:
      return "net";
    case FD_KIND.fifo:
    case FD_KIND.unix:
    case FD_KIND.event:
    case FD_KIND.signalfd:
    case FD_KIND.inotify:
    case FD_KIND.userfaultfd:
      return "ipc";
    default:
      return "unknown";
  }
}

function has(event: CaptureEvent, flags: number): boolean {
  return (event.info.flags & flags) !== 0;
}

/** Index of a parameter of a kind of event by its name; -1 when it has none. */
export function parameterIndex(type: number, name: string): number {
  return EVENTS[type]?.parameters.findIndex((parameter) => parameter.name === name) ?? -1;
}

const DATA_INDEX = Int8Array.from(EVENTS, ({ id }) => parameterIndex(id, "data"));

function failed(event: CaptureEvent): number | undefined {
  if (!event.hasResult) return undefined;
  return event.result < 0 ? 1 : 0;
}

function concernsFiles({ fd, type }: CaptureEvent): boolean {
  return fd === undefined ? OPENS.has(type) : fd.isFile || fd.isDirectory;
}

function concernsNet({ fd, type }: CaptureEvent): boolean {
  if (fd === undefined) return NET_CALLS.has(type);
  return fd.isConnection || fd.isListening || fd.kind === FD_KIND.unix;
}

function concernsMemory(event: CaptureEvent): boolean {
  return categoryOf(event) === MEMORY;
}

function allArguments(event: CaptureEvent): string {
  if (event.type === GENERIC) return "";
  const parts: string[] = [];
  for (let i = 0; i < event.count; i++) {
    const { raw, resolved } = argumentText(event, i);
    const name = event.info.parameters[i]?.name ?? "";
    parts.push(resolved === "" ? `${name}=${raw}` : `${name}=${raw}(${resolved})`);
  }
  return parts.join(" ");
}

// Flags of an open call; undefined for other events and for creat(2), which has none.
function openFlags(event: CaptureEvent): number | undefined {
  if (!OPENS.has(event.type) || event.type === CREAT) return undefined;
  return event.u32(OPENAT.has(event.type) ? 3 : 2);
}

function opensExecutable(event: CaptureEvent): boolean {
  if (event.type === CREAT) return (event.u32(2) & ANY_EXECUTE) !== 0;
  const flags = openFlags(event);
  if (flags === undefined || event.type === BY_HANDLE) return false;
  if ((flags & (OPEN.tmpfile | OPEN.create)) === 0) return false;
  return (event.u32(OPENAT.has(event.type) ? 4 : 3) & ANY_EXECUTE) !== 0;
}

function opensNew(event: CaptureEvent): boolean {
  const flags = openFlags(event);
  if (flags === undefined) return false;
  return (flags & OPEN.created) !== 0 || ((flags & OPEN.tmpfile) !== 0 && event.result >= 0);
}

/** Fields of system calls: results, data, what they concern. */
export const CALL_READERS: Readonly<Record<string, Read>> = {
  "evt.category": categoryName,
  "evt.cpu": (event) => event.cpu,
  "evt.args": allArguments,
  "evt.info": allArguments,
  "evt.buffer": (event) => {
    const index = DATA_INDEX[event.type] ?? -1;
    return index === -1 || index >= event.count ? undefined : event.data(index);
  },
  "evt.buflen": (event) => {
    if (event.fd === undefined || (event.info.category & CATEGORY.ioBase) === 0) return undefined;
    if (!isExit(event.type)) return undefined;
    const result = event.signed(0);
    return result >= 0 ? result : undefined;
  },
  "evt.res": (event) => {
    if (!event.hasResult) return undefined;
    if (event.result >= 0) return "SUCCESS";
    const { raw, resolved } = argumentText(event, 0);
    return resolved === "" ? raw : resolved;
  },
  "evt.rawres": (event) => (event.hasResult ? event.signed(0) : undefined),
  "evt.failed": (event) => (event.hasResult ? event.result < 0 : undefined),
  "evt.is_io": (event) => has(event, EVENT_FLAG.readsFromFd | EVENT_FLAG.writesToFd),
  "evt.is_io_read": (event) => has(event, EVENT_FLAG.readsFromFd),
  "evt.is_io_write": (event) => has(event, EVENT_FLAG.writesToFd),
  "evt.io_dir": (event) => {
    if (has(event, EVENT_FLAG.writesToFd)) return "write";
    return has(event, EVENT_FLAG.readsFromFd) ? "read" : undefined;
  },
  "evt.is_wait": (event) => has(event, EVENT_FLAG.waits),
  "evt.is_syslog": (event) =>
    has(event, EVENT_FLAG.writesToFd) && event.fd?.name.includes("/dev/log") === true,
  "evt.count": () => 1,
  "evt.count.error": failed,
  "evt.count.error.file": (event) => (concernsFiles(event) ? failed(event) : undefined),
  "evt.count.error.net": (event) => (concernsNet(event) ? failed(event) : undefined),
  "evt.count.error.memory": (event) => (concernsMemory(event) ? failed(event) : undefined),
  "evt.count.error.other": (event) => {
    if (concernsFiles(event) || concernsNet(event)) return undefined;
    return event.fd === undefined && concernsMemory(event) ? undefined : failed(event);
  },
  "evt.count.exit": (event) => (isExit(event.type) ? 1 : undefined),
  "evt.is_open_read": (event) => ((openFlags(event) ?? 0) & OPEN.read) !== 0,
  "evt.is_open_write": (event) => ((openFlags(event) ?? 0) & OPEN.write) !== 0,
  "evt.is_open_exec": opensExecutable,
  "evt.is_open_create": opensNew,
};
