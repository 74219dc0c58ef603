import type { BtfTracepoints, KernelFunctions, Tracepoints } from "./hooks.ts";
import type { Schema } from "./schema.ts";
import type { i32, u32, u64, u8 } from "./types.ts";

/** Which kernel hook a program is for. */
export type ProgramKind =
  | "xdp"
  | "tc"
  | "tracepoint"
  | "raw-tracepoint"
  | "tp-btf"
  | "fentry"
  | "fexit"
  | "profile"
  | "syscall"
  | "socket-filter";

/** A kernel program of a module. */
export interface Program {
  readonly kind: "program";
  readonly type: ProgramKind;
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
export const Tc: { readonly OK: 0; readonly SHOT: 2 } = { OK: 0, SHOT: 2 };
/** One of the verdicts of tc. */
export type Tc = 0 | 2;

/** A cursor over a packet. */
export interface Packet {
  /** The struct at the cursor, which moves behind it; `undefined` when the packet is too short. */
  read<T>(schema: Schema<T>): T | undefined;
  /** Moves the cursor; a negative distance, or one beyond 32,767, ends every packet. */
  skip(bytes: number): void;
}

/** The context of an XDP program. */
export interface XdpContext {
  packet(): Packet;
  readonly ingress_ifindex: u32;
  readonly rx_queue_index: u32;
}

/** The context of a tc program. */
export interface TcContext {
  packet(): Packet;
  readonly len: u32;
  readonly mark: u32;
  readonly ifindex: u32;
  readonly protocol: u32;
}

/** The context of a raw tracepoint: up to twelve 64-bit arguments. */
export interface RawContext {
  readonly args: readonly u64[];
}

/** The arguments of a test: what BPF_PROG_TEST_RUN hands to a `syscall` program. */
export interface SyscallContext {
  readonly args: readonly u64[];
}

type ArgumentsOf<F> = F extends (...args: infer A) => unknown ? A : never;
type ResultOf<F> = F extends (...args: never[]) => infer R ? R : never;

function program(
  type: ProgramKind,
  attachTo: string,
  body: (...args: never[]) => unknown,
): Program {
  return { kind: "program", type, attachTo, body };
}

/** Sees every packet that a device receives, before the network stack does. Linux 4.8. */
export function xdp(body: (context: XdpContext) => Xdp): Program {
  return program("xdp", "", body);
}
/** Sees every packet that a device receives or sends. */
export function tc(body: (context: TcContext) => Tc): Program {
  return program("tc", "", body);
}
/** Runs at a tracepoint, `category/name`. */
export function tracepoint<K extends keyof Tracepoints>(
  name: K,
  body: (context: Tracepoints[K]) => void,
): Program {
  return program("tracepoint", name, body);
}
/** Runs at a tracepoint with its bare arguments. Linux 4.17. */
export function rawTracepoint(name: string, body: (context: RawContext) => void): Program {
  return program("raw-tracepoint", name, body);
}
/** Runs at a tracepoint with its arguments as the kernel types them. Linux 5.5 with BTF. */
export function tpBtf<K extends keyof BtfTracepoints>(
  name: K,
  body: (...args: ArgumentsOf<BtfTracepoints[K]>) => void,
): Program {
  return program("tp-btf", name, body);
}
/** Runs when a kernel function is entered. Linux 5.5 with BTF. */
export function fentry<K extends keyof KernelFunctions>(
  name: K,
  body: (...args: ArgumentsOf<KernelFunctions[K]>) => void,
): Program {
  return program("fentry", name, body);
}
/** Runs when a kernel function returns; its result is the last argument. Linux 5.5 with BTF. */
export function fexit<K extends keyof KernelFunctions>(
  name: K,
  body: (
    ...args: [...ArgumentsOf<KernelFunctions[K]>, result: ResultOf<KernelFunctions[K]>]
  ) => void,
): Program {
  return program("fexit", name, body);
}
/** Runs `hz` times a second on every CPU. */
export function profile(options: { readonly hz: number }, body: () => void): Program {
  return { ...program("profile", "", body), hz: options.hz };
}
/** Runs when user space asks for it, by BPF_PROG_TEST_RUN. Linux 5.14. */
export function syscall(body: (context: SyscallContext) => u32 | i32 | u8): Program {
  return program("syscall", "", body);
}
/** Decides how many bytes of a packet a socket gets. */
export function socketFilter(body: (context: { readonly len: u32 }) => u32): Program {
  return program("socket-filter", "", body);
}
