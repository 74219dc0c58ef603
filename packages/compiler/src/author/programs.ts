import type {
  CgroupSkbMethods,
  PacketBytes,
  SockAddrMethods,
  SocketIdentity,
  SocketOwner,
  SockOpsMethods,
  TcMethods,
  XdpMethods,
} from "./context-methods.ts";
import type {
  CgroupDeviceMembers,
  CgroupSkbMembers,
  CgroupSockMembers,
  SkLookupMembers,
  SockAddrMembers,
  SocketFilterMembers,
  SockOpsMembers,
  TcMembers,
} from "./context-shapes.ts";
import type { BtfTracepoints, Iterators, KernelFunctions, LsmHooks, Tracepoints } from "./hooks.ts";
import type { Schema } from "./schema.ts";
import type { i32, u32, u64, u8 } from "./types.ts";

/** Which kernel hook a program is for. */
export type ProgramKind =
  | "xdp"
  | "tc"
  | "cgroup-skb"
  | "cgroup-sock"
  | "cgroup-sock-addr"
  | "cgroup-device"
  | "cgroup-sysctl"
  | "sock-ops"
  | "sk-lookup"
  | "socket-filter"
  | "tracepoint"
  | "raw-tracepoint"
  | "tp-btf"
  | "fentry"
  | "fexit"
  | "fmod-ret"
  | "lsm"
  | "kprobe"
  | "kretprobe"
  | "uprobe"
  | "uretprobe"
  | "profile"
  | "perf-event"
  | "iter"
  | "syscall";

/** A kernel program of a module. */
export interface Program {
  readonly kind: "program";
  readonly type: ProgramKind;
  /** The name of its section in an object file, as libbpf knows it. */
  readonly section: string;
  /** Tracepoint or kernel function; empty where attaching decides. */
  readonly attachTo: string;
  /** Samples per second, for `profile`. */
  readonly hz?: number;
  readonly body: (...args: never[]) => unknown;
}

/** What XDP does with a packet. */
export const Xdp: {
  readonly ABORTED: 0;
  readonly DROP: 1;
  readonly PASS: 2;
  readonly TX: 3;
  readonly REDIRECT: 4;
} = { ABORTED: 0, DROP: 1, PASS: 2, TX: 3, REDIRECT: 4 };
/** One of the verdicts of XDP. */
export type Xdp = 0 | 1 | 2 | 3 | 4;

/** What tc does with a packet. */
export const Tc: {
  readonly UNSPEC: -1;
  readonly OK: 0;
  readonly RECLASSIFY: 1;
  readonly SHOT: 2;
  readonly PIPE: 3;
  readonly STOLEN: 4;
  readonly REDIRECT: 7;
} = { UNSPEC: -1, OK: 0, RECLASSIFY: 1, SHOT: 2, PIPE: 3, STOLEN: 4, REDIRECT: 7 };
/** One of the verdicts of tc. */
export type Tc = -1 | 0 | 1 | 2 | 3 | 4 | 7;

/** What a cgroup says to a packet, an address or a socket. */
export const Cgroup: { readonly DENY: 0; readonly ALLOW: 1 } = { DENY: 0, ALLOW: 1 };
/** One of the verdicts of cgroups. */
export type Cgroup = 0 | 1;

/** What `skLookup` does with a packet. */
export const Sk: { readonly DROP: 0; readonly PASS: 1 } = { DROP: 0, PASS: 1 };
/** One of the verdicts of `skLookup`. */
export type Sk = 0 | 1;

/** A cursor over a packet. */
export interface Packet {
  /** The struct at the cursor, which moves behind it; `undefined` when the packet is too short. */
  read<T>(schema: Schema<T>): T | undefined;
  /** Moves the cursor; a negative distance, or one beyond 32,767, ends every packet. */
  skip(bytes: number): void;
}

/** The context of an XDP program. */
export interface XdpContext extends XdpMethods {
  packet(): Packet;
  readonly ingress_ifindex: u32;
  readonly rx_queue_index: u32;
  /** For programs of a devmap. Linux 5.8. */
  readonly egress_ifindex: u32;
}

/** The context of a tc program. */
export interface TcContext extends TcMembers, TcMethods {
  packet(): Packet;
}

/** The context of a `cgroupSkb` program. */
export interface CgroupSkbContext extends CgroupSkbMembers, CgroupSkbMethods {
  packet(): Packet;
}

/** The context of a raw tracepoint: up to twelve 64-bit arguments. */
export interface RawContext {
  readonly args: readonly u64[];
}

/** The arguments of a test: what BPF_PROG_TEST_RUN hands to a `syscall` program. */
export interface SyscallContext {
  readonly args: readonly u64[];
}

/** The registers where a probe stopped the processor. */
export interface RegistersContext {
  /** An argument of the function, by its number from 0: up to six on x86-64, up to eight on arm64. */
  arg(index: number): u64;
  /** What the function returns. */
  result(): u64;
  /** Where the processor is. */
  ip(): u64;
  /** The stack pointer. */
  sp(): u64;
}

/** The context of a sample. */
export interface SampleContext extends RegistersContext {
  /** How many events, or nanoseconds, one sample stands for. */
  readonly sample_period: u64;
  /** The address that was accessed, where the event has one. */
  readonly addr: u64;
}

/** What an iterator's program can do besides reading its element. */
export interface IteratorOutput {
  /** Writes text that `cat` of the iterator shows: up to twelve numbers in `${}`. Linux 5.8. */
  print(text: string): void;
  /** Writes a record as it lies in memory. Linux 5.8. */
  write(record: object): void;
}

/** Where programs of a cgroup look at packets. */
export type CgroupSkbHook = "ingress" | "egress";
/** Where programs of a cgroup look at sockets. */
export type CgroupSockHook = "create" | "release" | "post_bind4" | "post_bind6";
/** Where programs of a cgroup look at addresses. */
export type CgroupSockAddrHook =
  `${"bind" | "connect" | "sendmsg" | "recvmsg" | "getpeername" | "getsockname"}${4 | 6}`;

/** What a person may say about a program besides its hook. */
export interface ProgramOptions {
  /** The program may sleep, and read user memory that is not there yet. Linux 5.10. */
  readonly sleepable?: boolean;
}

type ArgumentsOf<F> = F extends (...args: infer A) => unknown ? A : never;
type ResultOf<F> = F extends (...args: never[]) => infer R ? R : never;
type Body = (...args: never[]) => unknown;

function program(type: ProgramKind, section: string, attachTo: string, body: Body): Program {
  return { kind: "program", type, section, attachTo, body };
}

/** A program whose section names its target. */
function targeted(
  type: ProgramKind,
  prefix: string,
  attachTo: string,
  body: Body,
  { sleepable = false }: ProgramOptions = {},
): Program {
  const section = `${prefix}${sleepable ? ".s" : ""}${attachTo === "" ? "" : `/${attachTo}`}`;
  return program(type, section, attachTo, body);
}

/** Sees every packet that a device receives, before the network stack does. Linux 4.8. */
export function xdp(body: (context: XdpContext) => Xdp): Program {
  return program("xdp", "xdp", "", body);
}
/** Sees every packet that a device receives or sends. */
export function tc(body: (context: TcContext) => Tc): Program {
  return program("tc", "tc", "", body);
}
/** Decides about every packet to or from the processes of a cgroup. Linux 4.10. */
export function cgroupSkb(
  hook: CgroupSkbHook,
  body: (context: CgroupSkbContext) => Cgroup | boolean,
): Program {
  return program("cgroup-skb", `cgroup_skb/${hook}`, "", body);
}
/** Decides about the sockets of a cgroup's processes. Linux 4.10; `release` 5.9. */
export function cgroupSock(
  hook: CgroupSockHook,
  body: (context: CgroupSockMembers & SocketIdentity) => Cgroup | boolean,
): Program {
  const name = hook === "create" || hook === "release" ? `sock_${hook}` : hook;
  return program("cgroup-sock", `cgroup/${name}`, "", body);
}
/** Decides about the addresses of a cgroup's processes, and may change them. Linux 4.17; names of sockets 5.8. */
export function cgroupSockAddr(
  hook: CgroupSockAddrHook,
  body: (context: SockAddrMembers & SockAddrMethods) => Cgroup | boolean,
): Program {
  return program("cgroup-sock-addr", `cgroup/${hook}`, "", body);
}
/** Decides about a cgroup's accesses to devices. Linux 4.15. */
export function cgroupDevice(body: (context: CgroupDeviceMembers) => Cgroup | boolean): Program {
  return program("cgroup-device", "cgroup/dev", "", body);
}
/** Decides about a cgroup's accesses to /proc/sys. Linux 5.2. */
export function cgroupSysctl(
  body: (context: { readonly write: u32; file_pos: u32 }) => Cgroup | boolean,
): Program {
  return program("cgroup-sysctl", "cgroup/sysctl", "", body);
}
/** Sees what happens to the TCP connections of a cgroup's processes, and sets their options. Linux 4.13. */
export function sockOps(
  body: (context: SockOpsMembers & SockOpsMethods) => Cgroup | boolean,
): Program {
  return program("sock-ops", "sockops", "", body);
}
/** Decides which socket a packet goes to. Linux 5.9. */
export function skLookup(body: (context: SkLookupMembers) => Sk): Program {
  return program("sk-lookup", "sk_lookup", "", body);
}
/** Decides how many bytes of a packet a socket gets. */
export function socketFilter(
  body: (context: SocketFilterMembers & PacketBytes & SocketIdentity & SocketOwner) => u32,
): Program {
  return program("socket-filter", "socket", "", body);
}
/** Runs at a tracepoint, `category/name`. */
export function tracepoint<K extends keyof Tracepoints>(
  name: K,
  body: (context: Tracepoints[K]) => void,
): Program {
  return targeted("tracepoint", "tracepoint", name, body);
}
/** Runs at a tracepoint with its bare arguments. Linux 4.17. */
export function rawTracepoint(name: string, body: (context: RawContext) => void): Program {
  return targeted("raw-tracepoint", "raw_tp", name, body);
}
/** Runs at a tracepoint with its arguments as the kernel types them. Linux 5.5 with BTF. */
export function tpBtf<K extends keyof BtfTracepoints>(
  name: K,
  body: (...args: ArgumentsOf<BtfTracepoints[K]>) => void,
): Program {
  return targeted("tp-btf", "tp_btf", name, body);
}
/** Runs when a kernel function is entered. Linux 5.5 with BTF. */
export function fentry<K extends keyof KernelFunctions>(
  name: K,
  body: (...args: ArgumentsOf<KernelFunctions[K]>) => void,
  options?: ProgramOptions,
): Program {
  return targeted("fentry", "fentry", name, body, options);
}
/** Runs when a kernel function returns; its result is the last argument. Linux 5.5 with BTF. */
export function fexit<K extends keyof KernelFunctions>(
  name: K,
  body: (
    ...args: [...ArgumentsOf<KernelFunctions[K]>, result: ResultOf<KernelFunctions[K]>]
  ) => void,
  options?: ProgramOptions,
): Program {
  return targeted("fexit", "fexit", name, body, options);
}
/**
 * Runs before a kernel function that allows errors to be injected; any result but 0 takes the place of the function. The last
 * argument is what an earlier program decided. Linux 5.7 with BTF.
 */
export function fmodRet<K extends keyof KernelFunctions>(
  name: K,
  body: (...args: [...ArgumentsOf<KernelFunctions[K]>, result: i32]) => i32,
  options?: ProgramOptions,
): Program {
  return targeted("fmod-ret", "fmod_ret", name, body, options);
}
/**
 * Decides at a hook of the security modules: 0 allows, a negative error number denies, and so does any other number. The last
 * argument is what an earlier program decided. Linux 5.7 with BTF.
 */
export function lsm<K extends keyof LsmHooks>(
  name: K,
  body: (...args: [...ArgumentsOf<LsmHooks[K]>, result: i32]) => i32 | void,
  options?: ProgramOptions,
): Program {
  return targeted("lsm", "lsm", name, body, options);
}
/** Runs when a kernel function is entered; its arguments come from the registers, with the types that BTF gives them. */
export function kprobe<K extends keyof KernelFunctions>(
  name: K,
  body: (...args: ArgumentsOf<KernelFunctions[K]>) => void,
): Program {
  return targeted("kprobe", "kprobe", name, body);
}
/** Runs when a kernel function returns, with its result. */
export function kretprobe<K extends keyof KernelFunctions>(
  name: K,
  body: (result: ResultOf<KernelFunctions[K]>) => void,
): Program {
  return targeted("kretprobe", "kretprobe", name, body);
}
/** Runs when a function of a program or library is entered: `/path/to/file:function`, or `""` to decide when attaching. */
export function uprobe(
  target: string,
  body: (context: RegistersContext) => void,
  options?: ProgramOptions,
): Program {
  return targeted("uprobe", "uprobe", target, body, options);
}
/** Runs when a function of a program or library returns. */
export function uretprobe(
  target: string,
  body: (context: RegistersContext) => void,
  options?: ProgramOptions,
): Program {
  return targeted("uretprobe", "uretprobe", target, body, options);
}
/** Runs `hz` times a second on every CPU. */
export function profile(
  options: { readonly hz: number },
  body: (context: SampleContext) => void,
): Program {
  return { ...program("profile", "perf_event", "", body), hz: options.hz };
}
/** Runs at samples of a hardware or software event, which attaching names. Linux 4.9. */
export function perfEvent(body: (context: SampleContext) => void): Program {
  return program("perf-event", "perf_event", "", body);
}
/** Runs for every element that an iterator of the kernel visits, and once more without one. Linux 5.8 with BTF. */
export function iter<K extends keyof Iterators>(
  name: K,
  body: (context: Iterators[K] & IteratorOutput) => void,
  options?: ProgramOptions,
): Program {
  return targeted("iter", "iter", name, body, options);
}
/** Runs when user space asks for it, by BPF_PROG_TEST_RUN. Linux 5.14. */
export function syscall(body: (context: SyscallContext) => u32 | i32 | u8): Program {
  return program("syscall", "syscall", "", body);
}
