import type { Fd } from "../fd.ts";
import type { Program } from "../program/program.ts";
import type { LinkInfo } from "./info.ts";

/** What a link attaches to, in the words of this library. */
export type LinkKind =
  | "tracepoint"
  | "raw_tracepoint"
  | "tracing"
  | "lsm"
  | "freplace"
  | "kprobe"
  | "kprobe_multi"
  | "uprobe"
  | "uprobe_multi"
  | "usdt"
  | "perf_event"
  | "xdp"
  | "tcx"
  | "clsact"
  | "netkit"
  | "cgroup"
  | "iter"
  | "netns"
  | "netfilter"
  | "sockmap"
  | "socket_filter"
  | "struct_ops"
  | "lirc"
  | "unknown";

/**
 * A program that is attached. Disposing of it detaches, unless `pin()` was called and not undone. The kernel detaches
 * by itself when the process ends in any way, where `fd` is there; the kinds without one say how they survive.
 */
export interface Link extends Disposable {
  readonly kind: LinkKind;
  /** Where it is attached, for people: `tracepoint "sched/sched_switch"`. */
  readonly target: string;
  /** The kernel's own link; `undefined` where the kernel is too old or the hook has none. */
  readonly fd: Fd | undefined;
  /** Whether this object was disposed of or detached. */
  readonly closed: boolean;
  /** What the kernel knows about it (Linux 5.8); `undefined` when it is not a single link of the kernel. */
  info(): LinkInfo | undefined;
  /**
   * Swaps the program in place, without a gap. With `expected`, only if that is the attached one. Throws `unsupported`
   * for the kinds whose links the kernel cannot update.
   */
  update(program: Program, expected?: Program): void;
  /** Takes the program off its hook now, also when the link is pinned, and closes this object. */
  detach(): void;
  /** Keeps the program attached after this process, under a path on a BPF file system. */
  pin(path: string): void;
  /** Undoes `pin()`: the program is attached as long as this object lives. Does nothing when it is not pinned. */
  unpin(): void;
}
