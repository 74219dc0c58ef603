import type { FieldCandidates, FieldValue, ScalarValue } from "@ocelli/event";

import type { CaptureEvent } from "../event/capture-event.ts";
import { EVENT_FLAG, EVENTS, eventId, isExit } from "../events/event-table.ts";
import { FD_KIND, TRANSPORT } from "../scap/entries.ts";
import { directoryOf } from "../state/directory.ts";
import { fdTypeChar, fdTypeName, type FdInfo } from "../state/fd-info.ts";
import { joinPath } from "../text/join-path.ts";
import { argumentText } from "./argument-text.ts";
import { indexOf, type MakeReading, type Read } from "./reader.ts";
import { bytesOf, isLocal, localEnd } from "./fd-ends.ts";

const ABOUT_FD = EVENT_FLAG.createsFd | EVENT_FLAG.usesFd | EVENT_FLAG.destroysFd;
const IS_ABOUT_FD = Uint8Array.from(EVENTS, ({ flags }) => ((flags & ABOUT_FD) === 0 ? 0 : 1));

const NAMED_BY_FIRST = new Set(
  [
    "syscall_open_x",
    "syscall_creat_x",
    "socket_accept_5_x",
    "socket_accept4_6_x",
    "socket_connect_x",
  ].map(eventId),
);
const OPENAT = new Set(["syscall_openat_2_x", "syscall_openat2_x"].map(eventId));
const BY_HANDLE = eventId("syscall_open_by_handle_at_x");

// What events of a kind make, where nobody knows the descriptor itself.
const MADE: ReadonlyMap<number, string> = new Map(
  Object.entries({
    syscall_openat_2_x: "f",
    syscall_openat2_x: "f",
    syscall_creat_x: "f",
    socket_socket_x: "4",
    socket_accept_5_x: "4",
    socket_accept4_6_x: "4",
    syscall_pipe_x: "p",
    syscall_pipe2_x: "p",
    syscall_eventfd_x: "e",
    syscall_eventfd2_x: "e",
    syscall_signalfd_x: "s",
    syscall_signalfd4_x: "s",
    syscall_timerfd_create_x: "t",
    syscall_inotify_init_x: "i",
    syscall_inotify_init1_x: "i",
  }).map(([symbol, char]) => [eventId(symbol), char]),
);

/** Whether an event is about a descriptor of a thread that is known: else no field of descriptors has a value. */
export function isAboutFd(event: CaptureEvent): boolean {
  return IS_ABOUT_FD[event.type] === 1 && event.shownThread !== undefined;
}

/** The descriptor that fields speak of. */
export function shownFd(event: CaptureEvent): FdInfo | undefined {
  if (IS_ABOUT_FD[event.type] === 0) return undefined;
  if (event.fd !== undefined) return event.fd;
  const thread = event.shownThread;
  return thread === undefined || thread.lastFd === -1
    ? undefined
    : thread.fdTable?.get(thread.lastFd);
}

function ofFd(read: (fd: FdInfo, event: CaptureEvent) => FieldValue | undefined): Read {
  return (event) => {
    const fd = shownFd(event);
    return fd === undefined ? undefined : read(fd, event);
  };
}

function ofConnection(read: (fd: FdInfo, event: CaptureEvent) => FieldValue | undefined): Read {
  return ofFd((fd, event) => (fd.roles === 0 || !fd.isConnection ? undefined : read(fd, event)));
}

// The name of a descriptor that was not opened is what the call asked for.
function nameFromEvent(event: CaptureEvent, raw: boolean): string | undefined {
  const { type } = event;
  if (!isExit(type)) return undefined;
  if (NAMED_BY_FIRST.has(type)) {
    const { raw: text, resolved } = argumentText(event, 1);
    return resolved === "" ? text : resolved;
  }
  if (OPENAT.has(type)) {
    if (!event.has(2)) return undefined;
    const name = event.text(2);
    if (raw) return name;
    if (!event.has(1)) return undefined;
    return joinPath(directoryOf(event.shownThread, name, event.i64(1)), name);
  }
  return type === BY_HANDLE ? event.text(3) : "";
}

function nameOf(event: CaptureEvent): string | undefined {
  if (!isAboutFd(event)) return undefined;
  return shownFd(event)?.name ?? nameFromEvent(event, false);
}

function directory(event: CaptureEvent): string | undefined {
  if (!isAboutFd(event)) return undefined;
  const fd = shownFd(event);
  if (fd !== undefined && !fd.isFile && !fd.isDirectory) return undefined;
  const name = nameOf(event);
  if (name === undefined || fd?.isDirectory === true) return name;
  const slash = name.lastIndexOf("/");
  if (slash <= 0) return "/";
  return slash < name.length - 1 ? name.slice(0, slash) : name;
}

function inContainer(event: CaptureEvent, text: string | undefined): string | undefined {
  return text === undefined ? undefined : `${event.shownThread?.containerId ?? ""}:${text}`;
}

function transportName(fd: FdInfo): string {
  switch (fd.shownTransport) {
    case TRANSPORT.tcp:
      return "tcp";
    case TRANSPORT.udp:
      return "udp";
    case TRANSPORT.icmp:
      return "icmp";
    case TRANSPORT.raw:
      return "raw";
    default:
      return "<NA>";
  }
}

const clientAddress = ofConnection((fd) => bytesOf(fd, "source"));
const serverAddress = ofFd((fd) =>
  fd.roles === 0 || !(fd.isConnection || fd.isListening) ? undefined : bytesOf(fd, "destination"),
);
const serverPort = ofFd((fd) => {
  if (fd.isListening) return fd.destinationPort;
  return fd.roles !== 0 && fd.isConnection ? fd.destinationPort : undefined;
});

/** Fields of the descriptor that an event is about. */
export const FD_READERS: Readonly<Record<string, Read>> = {
  "fd.num": (event) => (isAboutFd(event) ? event.shownThread?.lastFd : undefined),
  "fd.type": ofFd(({ kind }) => fdTypeName(kind)),
  "fd.typechar": (event) => {
    if (!isAboutFd(event)) return undefined;
    const fd = shownFd(event);
    return fd === undefined ? (MADE.get(event.type | 1) ?? "o") : fdTypeChar(fd.kind);
  },
  "fd.name": nameOf,
  "fd.directory": directory,
  "fd.filename": ofFd((fd) => {
    if (!fd.isFile) return undefined;
    const slash = fd.name.lastIndexOf("/");
    if (slash === -1) return "/";
    return slash < fd.name.length - 1 ? fd.name.slice(slash + 1) : fd.name;
  }),
  "fd.cip": clientAddress,
  "fd.cnet": clientAddress,
  "fd.sip": serverAddress,
  "fd.snet": serverAddress,
  "fd.lip": ofConnection((fd, event) => bytesOf(fd, localEnd(fd, event))),
  "fd.lnet": ofConnection((fd, event) => bytesOf(fd, localEnd(fd, event))),
  "fd.rip": ofConnection((fd, event) => bytesOf(fd, remoteEnd(fd, event))),
  "fd.rnet": ofConnection((fd, event) => bytesOf(fd, remoteEnd(fd, event))),
  "fd.cport": ofConnection(({ sourcePort }) => sourcePort),
  "fd.sport": serverPort,
  "fd.lport": ofConnection((fd, event) => portOf(fd, localEnd(fd, event))),
  "fd.rport": ofConnection((fd, event) => portOf(fd, remoteEnd(fd, event))),
  "fd.cproto": ofConnection(({ sourcePort }) => `${sourcePort}`),
  "fd.sproto": ofFd((fd, event) => {
    if (serverPort(event) === undefined) return undefined;
    return fd.isListening ? "" : `${fd.destinationPort}`;
  }),
  "fd.lproto": ofConnection((fd, event) => `${portOf(fd, localEnd(fd, event))}`),
  "fd.rproto": ofConnection((fd, event) => `${portOf(fd, remoteEnd(fd, event))}`),
  "fd.l4proto": ofFd(transportName),
  "fd.sockfamily": ofFd((fd) => {
    if (fd.isConnection || fd.isListening) return "ip";
    return fd.kind === FD_KIND.unix ? "unix" : undefined;
  }),
  "fd.is_server": ofFd((fd, event) => {
    if (fd.isListening) return true;
    return fd.isConnection && isLocal(fd, "destination", event);
  }),
  "fd.uid": (event) => {
    const thread = isAboutFd(event) ? event.shownThread : undefined;
    return thread === undefined ? undefined : `${thread.tid}${thread.lastFd}`;
  },
  "fd.containername": (event) => inContainer(event, nameOf(event)),
  "fd.containerdirectory": (event) => inContainer(event, directory(event)),
  "fd.connected": ofFd(({ connected }) => connected),
  "fd.name_changed": ofFd((_fd, { nameChanged }) => nameChanged),
  "fd.dev": ofFd(({ device }) => device | 0),
  // As the kernel's new_encode_dev() packs them.
  "fd.dev.major": ofFd(({ device }) => (device & 0xfff00) >> 8),
  "fd.dev.minor": ofFd(({ device }) => (device & 0xff) | ((device >>> 12) & 0xfff00)),
  "fd.ino": ofFd(({ inode }) => inode),
  "fd.nameraw": (event) => {
    if (!isAboutFd(event)) return undefined;
    const name = shownFd(event)?.nameRaw ?? nameFromEvent(event, true);
    return name?.replaceAll(/\/{2,}/g, "/");
  },
  "fd.is_upper_layer": ofFd(({ upperLayer }) => upperLayer),
  "fd.is_lower_layer": ofFd(({ lowerLayer }) => lowerLayer),
};

function remoteEnd(fd: FdInfo, event: CaptureEvent): "source" | "destination" {
  return localEnd(fd, event) === "source" ? "destination" : "source";
}

function portOf(fd: FdInfo, end: "source" | "destination"): number {
  return end === "source" ? fd.sourcePort : fd.destinationPort;
}

/** Fields of descriptors that take a number of one, or are lists. */
export const FD_READINGS: Readonly<Record<string, MakeReading>> = {
  "fd.types": (argument) => {
    const number = indexOf(argument);
    return {
      read: (event) => {
        if (!isAboutFd(event)) return undefined;
        const table = event.shownThread?.fdTable;
        if (number !== undefined) {
          const fd = table?.get(number);
          return fd === undefined ? undefined : [fdTypeName(fd.kind)];
        }
        const types = new Set<string>();
        for (const [, { kind }] of table?.orderedEntries() ?? []) types.add(fdTypeName(kind));
        return [...types];
      },
    };
  },
};

// Both ends of the socket at hand; their content changes with the next look.
const ends: ScalarValue[] = [];

/** What comparisons with either end look at: addresses or ports. Undefined for fields that have one value. */
export function endCandidates(name: string): FieldCandidates<CaptureEvent> | undefined {
  const address = name === "fd.ip" || name === "fd.net";
  if (!address && name !== "fd.port" && name !== "fd.proto") return undefined;
  return {
    read: (event) => {
      const fd = shownFd(event);
      if (fd === undefined || !(fd.isConnection || fd.isListening)) return undefined;
      ends.length = 0;
      if (fd.isConnection) ends.push(address ? bytesOf(fd, "source") : fd.sourcePort);
      ends.push(address ? bytesOf(fd, "destination") : fd.destinationPort);
      return ends;
    },
    // Of any descriptor, as Falco has it.
    exists: (event) => shownFd(event) !== undefined,
    unequal: "every",
  };
}
