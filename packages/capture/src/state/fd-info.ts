import { FD_KIND, TRANSPORT } from "../scap/entries.ts";

/** Open flags as captures have them (`PPM_O_*`), as far as the state needs them. */
export const OPEN = {
  read: 1,
  write: 2,
  create: 4,
  directory: 0x400,
  cloexec: 0x1000,
  tmpfile: 0x2000,
  created: 0x4000,
  upperLayer: 0x8000,
  lowerLayer: 0x10000,
} as const;

// Descriptors of epoll and of memfd have close-on-exec as their first flag.
const EPOLL_CLOEXEC = 1;
const MEMFD_CLOEXEC = 1;

const ROLE_CLIENT = 1;
const ROLE_SERVER = 2;

/** An open file descriptor. Addresses are numbers for IPv4, in network order read from the highest byte. */
export class FdInfo {
  /** A number of `FD_KIND`; -1 until it is known. */
  kind = -1;
  openFlags = 0;
  /** As people read it: the path of a file, the tuple of a socket. */
  name = "";
  /** A path as the call gave it. */
  nameRaw = "";
  /** Its name before the event at hand. */
  oldName = "";
  device = 0;
  inode: number | bigint = 0;
  /** The process that a pidfd stands for. */
  pid = 0;
  /** Number of the descriptor. */
  fd = -1;

  /** IPv4 addresses; of a listening socket `destination` is what it is bound to. */
  source4 = 0;
  destination4 = 0;
  /** IPv6 addresses, 16 bytes; undefined stands for all zeros. */
  source6: Uint8Array | undefined = undefined;
  destination6: Uint8Array | undefined = undefined;
  sourcePort = 0;
  destinationPort = 0;
  /** A number of `TRANSPORT`. */
  transport = 0;
  unixSource: bigint = 0n;
  unixDestination: bigint = 0n;

  /** Bits of the role; 0 while nobody knows. */
  roles = 0;
  connected = false;
  pending = false;
  failed = false;
  upperLayer = false;
  lowerLayer = false;

  get isServer(): boolean {
    return (this.roles & ROLE_SERVER) !== 0;
  }

  get isClient(): boolean {
    return (this.roles & ROLE_CLIENT) !== 0;
  }

  setServer(): void {
    this.roles |= ROLE_SERVER;
  }

  setClient(): void {
    this.roles |= ROLE_CLIENT;
  }

  setConnected(): void {
    this.connected = true;
    this.pending = false;
    this.failed = false;
  }

  get isFile(): boolean {
    return this.kind === FD_KIND.file || this.kind === FD_KIND.fileV2;
  }

  get isDirectory(): boolean {
    return this.kind === FD_KIND.directory;
  }

  /** Whether it is an IPv4 or IPv6 socket with two ends. */
  get isConnection(): boolean {
    return this.kind === FD_KIND.ipv4 || this.kind === FD_KIND.ipv6;
  }

  get isListening(): boolean {
    return this.kind === FD_KIND.ipv4Listening || this.kind === FD_KIND.ipv6Listening;
  }

  get isTcp4(): boolean {
    return this.kind === FD_KIND.ipv4 && this.transport === TRANSPORT.tcp;
  }

  get isUdp4(): boolean {
    return this.kind === FD_KIND.ipv4 && this.transport === TRANSPORT.udp;
  }

  get closesOnExec(): boolean {
    return (
      (this.openFlags & OPEN.cloexec) !== 0 ||
      (this.kind === FD_KIND.epoll && (this.openFlags & EPOLL_CLOEXEC) !== 0) ||
      (this.kind === FD_KIND.memfd && (this.openFlags & MEMFD_CLOEXEC) !== 0)
    );
  }

  clearCloseOnExec(): void {
    this.openFlags &= ~(OPEN.cloexec | EPOLL_CLOEXEC | MEMFD_CLOEXEC);
  }

  /** The transport that fields show: none as long as the role of a connection is unknown. */
  get shownTransport(): number {
    if (this.isConnection) {
      if (this.transport === TRANSPORT.raw) return TRANSPORT.raw;
      return this.roles === 0 ? TRANSPORT.none : this.transport;
    }
    return this.isListening ? this.transport : TRANSPORT.none;
  }

  /** A copy that changes on its own. */
  clone(): FdInfo {
    return Object.assign(new FdInfo(), this);
  }
}

const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [FD_KIND.file, "file"],
  [FD_KIND.fileV2, "file"],
  [FD_KIND.directory, "directory"],
  [FD_KIND.ipv4, "ipv4"],
  [FD_KIND.ipv4Listening, "ipv4"],
  [FD_KIND.ipv6, "ipv6"],
  [FD_KIND.ipv6Listening, "ipv6"],
  [FD_KIND.unix, "unix"],
  [FD_KIND.fifo, "pipe"],
  [FD_KIND.event, "event"],
  [FD_KIND.signalfd, "signalfd"],
  [FD_KIND.epoll, "eventpoll"],
  [FD_KIND.inotify, "inotify"],
  [FD_KIND.timerfd, "timerfd"],
  [FD_KIND.netlink, "netlink"],
  [FD_KIND.bpf, "bpf"],
  [FD_KIND.userfaultfd, "userfaultfd"],
  [FD_KIND.ioUring, "io_uring"],
  [FD_KIND.memfd, "memfd"],
  [FD_KIND.pidfd, "pidfd"],
]);

const TYPE_CHARS: ReadonlyMap<number, string> = new Map([
  [FD_KIND.file, "f"],
  [FD_KIND.fileV2, "f"],
  [FD_KIND.directory, "d"],
  [FD_KIND.ipv4, "4"],
  [FD_KIND.ipv4Listening, "4"],
  [FD_KIND.ipv6, "6"],
  [FD_KIND.ipv6Listening, "6"],
  [FD_KIND.unix, "u"],
  [FD_KIND.fifo, "p"],
  [FD_KIND.event, "e"],
  [FD_KIND.unknown, "o"],
  [FD_KIND.unsupported, "X"],
  [FD_KIND.signalfd, "s"],
  [FD_KIND.epoll, "l"],
  [FD_KIND.inotify, "i"],
  [FD_KIND.timerfd, "t"],
  [FD_KIND.netlink, "n"],
  [FD_KIND.bpf, "b"],
  [FD_KIND.userfaultfd, "u"],
  [FD_KIND.ioUring, "r"],
  [FD_KIND.memfd, "m"],
  [FD_KIND.pidfd, "P"],
]);

/** The type of a descriptor as `fd.type` reads; `<NA>` when it has none. */
export function fdTypeName(kind: number): string {
  return TYPE_NAMES.get(kind) ?? "<NA>";
}

/** The type of a descriptor as `fd.typechar` reads; `?` when it has none. */
export function fdTypeChar(kind: number): string {
  return TYPE_CHARS.get(kind) ?? "?";
}
