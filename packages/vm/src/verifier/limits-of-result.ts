import type { VerifyProgram } from "./analysis.ts";
import type { ProgramKind } from "./kind.ts";

/** What r0 has to be at the end of a program. */
export interface ResultLimits {
  readonly min: bigint;
  readonly max: bigint;
}

const ZERO: ResultLimits = { min: 0n, max: 0n };
const FLAG: ResultLimits = { min: 0n, max: 1n };

/** The results that the kernel takes from programs of a kind; `undefined` where it takes any. */
export function resultLimits(kind: ProgramKind, program: VerifyProgram): ResultLimits | undefined {
  const { attachType } = program;
  switch (kind) {
    case "cgroup_sock_addr":
      switch (attachType) {
        case "cgroup_udp4_recvmsg":
        case "cgroup_udp6_recvmsg":
        case "cgroup_unix_recvmsg":
        case "cgroup_inet4_getpeername":
        case "cgroup_inet6_getpeername":
        case "cgroup_unix_getpeername":
        case "cgroup_inet4_getsockname":
        case "cgroup_inet6_getsockname":
        case "cgroup_unix_getsockname":
          return { min: 1n, max: 1n };
        case "cgroup_inet4_bind":
        case "cgroup_inet6_bind":
          return { min: 0n, max: 3n };
        default:
          return FLAG;
      }
    case "cgroup_skb":
      return attachType === "cgroup_inet_egress" ? { min: 0n, max: 3n } : FLAG;
    case "cgroup_sock":
    case "sock_ops":
    case "cgroup_device":
    case "cgroup_sysctl":
    case "cgroup_sockopt":
    case "iter":
    case "sk_lookup":
    case "netfilter":
      return FLAG;
    case "fentry":
      return attachType === "trace_fentry" || attachType === "trace_fexit" ? ZERO : undefined;
    case "lsm":
      return { min: -4095n, max: 0n };
    case "kprobe":
      return attachType === "trace_kprobe_session" || attachType === "trace_uprobe_session"
        ? FLAG
        : undefined;
    default:
      return undefined;
  }
}
