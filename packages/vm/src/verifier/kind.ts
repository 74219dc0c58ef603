import type { AttachType, ProgramType } from "@ocelli/bpf";

/** A program type as far as the verifier's rules go: programs of type `tracing` differ by where they attach. */
export type ProgramKind =
  | "socket_filter"
  | "kprobe"
  | "sched_cls"
  | "sched_act"
  | "tracepoint"
  | "xdp"
  | "perf_event"
  | "cgroup_skb"
  | "cgroup_sock"
  | "lwt_in"
  | "lwt_out"
  | "lwt_xmit"
  | "sock_ops"
  | "sk_skb"
  | "cgroup_device"
  | "sk_msg"
  | "raw_tracepoint"
  | "cgroup_sock_addr"
  | "lwt_seg6local"
  | "sk_reuseport"
  | "flow_dissector"
  | "cgroup_sysctl"
  | "raw_tracepoint_writable"
  | "cgroup_sockopt"
  | "tp_btf"
  | "fentry"
  | "iter"
  | "lsm"
  | "sk_lookup"
  | "syscall"
  | "netfilter"
  | "ext"
  | "struct_ops";

/** The kind of a program; `undefined` for types that the verifier has no rules for. */
export function kindOf(
  type: ProgramType,
  attachType: AttachType | undefined,
): ProgramKind | undefined {
  switch (type) {
    case "tracing":
      if (attachType === "trace_raw_tp") return "tp_btf";
      if (attachType === "trace_iter") return "iter";
      return "fentry";
    case "unspec":
    case "lirc_mode2":
      return undefined;
    default:
      return type;
  }
}
