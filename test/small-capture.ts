// A small capture, written by our own writer: a shell in a container opens and writes a file, connects, and runs a program.
import {
  eventId,
  FD_KIND,
  ScapWriter,
  TRANSPORT,
  type FdEntry,
  type InterfaceEntry,
  type MachineInfo,
  type ProcessEntry,
  type ScapEvent,
  type UserEntry,
} from "@ocelli/capture";

/** When its first event happened. */
export const START_NS = 1_700_000_000_000_000_000n;
const SHELL = 501;
const CONTAINER = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";

export const machine: MachineInfo = {
  cpus: 4,
  memoryBytes: 2 ** 31,
  maxPid: 4_194_304,
  hostname: "small",
  bootNs: START_NS - 3_600_000_000_000n,
  flags: 0,
};

const nobody = {
  sid: 1,
  vpgid: 1,
  pgid: 1,
  env: ["HOME=/root"],
  args: [],
  cwd: "/root/",
  root: "/",
  cgroups: ["cpuset=/", "memory=/"],
  fdLimit: 1024,
  flags: 0,
  uid: 0,
  gid: 0,
  loginUid: 0xffff_ffff,
  vmSizeKb: 4096,
  vmRssKb: 1024,
  vmSwapKb: 0,
  pageFaultsMajor: 1,
  pageFaultsMinor: 2,
  pidNamespaceStartNs: 0n,
  tty: 0,
  exeWritable: false,
  exeUpperLayer: false,
  exeLowerLayer: false,
  exeFromMemfd: false,
  capInheritable: 0n,
  capPermitted: 0x1ff_ffff_ffffn,
  capEffective: 0x1ff_ffff_ffffn,
  exeInode: 77,
  exeInodeCtimeNs: START_NS - 9n,
  exeInodeMtimeNs: START_NS - 8n,
};

export const processes: readonly ProcessEntry[] = [
  {
    ...nobody,
    tid: 1,
    pid: 1,
    ptid: 0,
    vtid: 1,
    vpid: 1,
    comm: "systemd",
    exe: "/sbin/init",
    exepath: "/usr/lib/systemd/systemd",
  },
  {
    ...nobody,
    tid: SHELL,
    pid: SHELL,
    ptid: 1,
    vtid: 7,
    vpid: 7,
    sid: SHELL,
    pgid: SHELL,
    comm: "bash",
    exe: "bash",
    exepath: "/bin/bash",
    args: ["-i", "λ"],
    cgroups: [`memory=/docker/${CONTAINER}`, "pids=/"],
    tty: 34816,
    exeWritable: true,
  },
];

const socket = { unixSource: 0n, unixDestination: 0n };
const file = { openFlags: 0, device: 0, transport: 0, ...socket };

export const fds: readonly FdEntry[] = [
  { ...file, fd: 0, inode: 3, kind: FD_KIND.fileV2, path: "/dev/pts/0", openFlags: 2, device: 9 },
  { ...file, fd: 1, inode: 4, kind: FD_KIND.fifo, path: "pipe:[4]" },
  {
    ...file,
    fd: 5,
    inode: 5,
    kind: FD_KIND.ipv4,
    path: "",
    transport: TRANSPORT.tcp,
    source: {
      address: Uint8Array.of(10, 0, 0, 1),
      port: 4e4,
    },
    destination: {
      address: Uint8Array.of(10, 0, 0, 2),
      port: 443,
    },
  },
  {
    ...file,
    fd: 6,
    inode: 6,
    kind: FD_KIND.ipv6Listening,
    path: "",
    transport: TRANSPORT.tcp,
    source: {
      address: new Uint8Array(16),
      port: 8080,
    },
  },
  {
    ...file,
    fd: 7,
    inode: 7,
    kind: FD_KIND.unix,
    path: "/run/s.sock",
    unixSource: 18446612686364999681n,
    unixDestination: 2n,
  },
];

export const interfaces: readonly InterfaceEntry[] = [
  {
    name: "eth0",
    address: Uint8Array.of(10, 0, 0, 1),
    netmask: Uint8Array.of(255, 0, 0, 0),
    broadcast: Uint8Array.of(10, 255, 255, 255),
    linkSpeed: 1000,
  },
  {
    name: "eth0",
    address: new Uint8Array(16).fill(1),
    netmask: new Uint8Array(16).fill(255),
    broadcast: new Uint8Array(16),
    linkSpeed: 0,
  },
];

export const users: readonly UserEntry[] = [
  { kind: "user", uid: 0, gid: 0, name: "root", home: "/root", shell: "/bin/bash" },
  { kind: "group", gid: 0, name: "root" },
];

const text = (value: string): Uint8Array => Buffer.from(`${value}\0`);

function number(size: 1 | 2 | 4 | 8, value: number | bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes.subarray(0, size);
}

function call(symbol: string, at: number, parameters: readonly Uint8Array[]): ScapEvent {
  const timeNs = START_NS + BigInt(at);
  return { type: eventId(symbol), cpu: 1, timeNs, tid: SHELL, parameters };
}

/** An `openat` of `path` for writing that gives descriptor 3. */
export function openFile(path: string, at = 0): ScapEvent {
  return call("syscall_openat_2_x", at, [
    number(8, 3),
    number(8, -100),
    text(path),
    number(4, 0x6),
    number(4, 0o644),
    number(4, 9),
    number(8, 1234),
  ]);
}

/** A `write` of `data` to descriptor 3. */
export function writeFile(data: Uint8Array, at = 0): ScapEvent {
  return call("syscall_write_x", at, [
    number(8, data.length),
    data,
    number(8, 3),
    number(4, data.length),
  ]);
}

/** A `close` of descriptor 3. */
export function closeFile(at = 0): ScapEvent {
  return call("syscall_close_x", at, [number(8, 0), number(8, 3)]);
}

/** The events, 1 µs apart. */
export const events: readonly ScapEvent[] = [
  openFile("/etc/passwd", 0),
  writeFile(Buffer.from("hello"), 1000),
  closeFile(2000),
];

/** A capture of all this; lists in the versions that `versions` says. */
export function smallCapture(
  versions: { processes?: number; others?: number; events?: number } = {},
  written: readonly ScapEvent[] = events,
): Uint8Array {
  const writer = new ScapWriter().machine(machine);
  writer.users(users, versions.others).interfaces(interfaces, versions.others);
  writer.processes(processes, versions.processes).fds(SHELL, fds, versions.others);
  for (const event of written) writer.event(event, versions.events);
  return writer.take();
}
