/** The machine that a capture was made on. */
export interface MachineInfo {
  readonly cpus: number;
  readonly memoryBytes: number | bigint;
  readonly maxPid: number | bigint;
  readonly hostname: string;
  /** When it booted, nanoseconds since 1970; 0 when unknown. */
  readonly bootNs: bigint;
  readonly flags: number | bigint;
}

/** A thread as it was when the capture began. Ids are -1, texts empty and numbers 0 when the capture does not know. */
export interface ProcessEntry {
  readonly tid: number;
  readonly pid: number;
  readonly ptid: number;
  readonly sid: number;
  readonly vpgid: number;
  readonly pgid: number;
  readonly comm: string;
  readonly exe: string;
  readonly exepath: string;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly root: string;
  /** As `controller=path`. */
  readonly cgroups: readonly string[];
  readonly fdLimit: number;
  readonly flags: number;
  readonly uid: number;
  readonly gid: number;
  /** All ones when there was no login. */
  readonly loginUid: number;
  readonly vmSizeKb: number;
  readonly vmRssKb: number;
  readonly vmSwapKb: number;
  readonly pageFaultsMajor: number | bigint;
  readonly pageFaultsMinor: number | bigint;
  readonly vtid: number;
  readonly vpid: number;
  /** When the init process of its pid namespace began. */
  readonly pidNamespaceStartNs: bigint;
  readonly tty: number;
  readonly exeWritable: boolean;
  readonly exeUpperLayer: boolean;
  readonly exeLowerLayer: boolean;
  readonly exeFromMemfd: boolean;
  readonly capInheritable: bigint;
  readonly capPermitted: bigint;
  readonly capEffective: bigint;
  readonly exeInode: number | bigint;
  readonly exeInodeCtimeNs: bigint;
  readonly exeInodeMtimeNs: bigint;
}

/** Kinds of descriptors by their number in captures. */
export const FD_KIND = {
  unknown: 0,
  file: 1,
  directory: 2,
  ipv4: 3,
  ipv6: 4,
  ipv4Listening: 5,
  ipv6Listening: 6,
  fifo: 7,
  unix: 8,
  event: 9,
  unsupported: 10,
  signalfd: 11,
  epoll: 12,
  inotify: 13,
  timerfd: 14,
  netlink: 15,
  fileV2: 16,
  bpf: 17,
  userfaultfd: 18,
  ioUring: 19,
  memfd: 20,
  pidfd: 21,
} as const;

/** Transport protocols by their number in captures. */
export const TRANSPORT = { unknown: 0, none: 1, tcp: 2, udp: 3, icmp: 4, raw: 5 } as const;

/** One end of a connection: 4 or 16 bytes of address in network order, and a port. */
export interface SocketEnd {
  readonly address: Uint8Array;
  readonly port: number;
}

/** A descriptor that was open when the capture began. */
export interface FdEntry {
  readonly fd: number;
  readonly inode: number | bigint;
  /** A number of `FD_KIND`. */
  readonly kind: number;
  /** Path of files and the like, of unix sockets that have one. */
  readonly path: string;
  readonly openFlags: number;
  readonly device: number;
  /** Where it comes from; of listening sockets the address that they are bound to. */
  readonly source?: SocketEnd;
  readonly destination?: SocketEnd;
  /** A number of `TRANSPORT`. */
  readonly transport: number;
  /** Kernel addresses of both ends of a unix socket. */
  readonly unixSource: bigint;
  readonly unixDestination: bigint;
}

/** An address of a network interface. */
export interface InterfaceEntry {
  readonly name: string;
  readonly address: Uint8Array;
  readonly netmask: Uint8Array;
  readonly broadcast: Uint8Array;
  /** 0 when unknown. */
  readonly linkSpeed: number | bigint;
}

/** A user or a group of the machine. */
export type UserEntry =
  | {
      readonly kind: "user";
      readonly uid: number;
      readonly gid: number;
      readonly name: string;
      readonly home: string;
      readonly shell: string;
    }
  | { readonly kind: "group"; readonly gid: number; readonly name: string };
