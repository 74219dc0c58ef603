import { release } from "node:os";

import type { ProgramType } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { FEATURES, minimumKernel, type Feature } from "../feature/table.ts";
import { explainPermission } from "../permission.ts";
import { ERRNO, errnoName, systemError } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";
import type { ProgramLoad } from "./program-load.ts";

// Types whose first kernel is above the floor, by the feature that the table names.
const NEEDS: Partial<Record<ProgramType, Feature>> = {
  lsm: "lsm",
  sk_lookup: "sk_lookup",
  syscall: "syscall_program",
  netfilter: "netfilter",
};

const NETWORK: ReadonlySet<ProgramType> = new Set([
  "sched_cls",
  "sched_act",
  "xdp",
  "cgroup_skb",
  "cgroup_sock",
  "lwt_in",
  "lwt_out",
  "lwt_xmit",
  "lwt_seg6local",
  "sock_ops",
  "sk_skb",
  "sk_msg",
  "cgroup_sock_addr",
  "sk_reuseport",
  "flow_dissector",
  "cgroup_sockopt",
  "sk_lookup",
  "netfilter",
]);
const TRACING: ReadonlySet<ProgramType> = new Set([
  "kprobe",
  "tracepoint",
  "perf_event",
  "raw_tracepoint",
  "raw_tracepoint_writable",
  "tracing",
  "lsm",
  "struct_ops",
  "ext",
]);

function capabilitiesFor(type: ProgramType): readonly ("CAP_PERFMON" | "CAP_NET_ADMIN")[] {
  if (NETWORK.has(type)) return ["CAP_NET_ADMIN"];
  return TRACING.has(type) ? ["CAP_PERFMON"] : [];
}

function attachesToCode(type: ProgramType): boolean {
  return type === "tracing" || type === "lsm";
}

/** Turns a failure of BPF_PROG_LOAD that left no log into an error that says what stands in the way. */
export function loadError(kernel: Kernel, load: ProgramLoad, result: number): LinuxError {
  const errno = -result;
  const section = load.origin?.section ?? "";
  const action = `Cannot load program "${load.name ?? ""}"${section === "" ? "" : ` (${section})`}`;
  if (load.bytes.length === 0 || load.bytes.length % 8 !== 0)
    return new LinuxError(
      "invalid",
      `${action}: instructions must come in slots of 8 bytes, at least one: there are ${load.bytes.length} bytes`,
      errno,
    );
  if (errno === ERRNO.E2BIG)
    return new LinuxError(
      "limit",
      `${action}: it has ${load.bytes.length / 8} instruction slots, more than this process may load (E2BIG): 4096 without CAP_BPF, 1000000 with it`,
      errno,
    );
  if (errno === ERRNO.EINVAL) {
    const feature = NEEDS[load.type];
    const wanted =
      feature === undefined
        ? "a program type, an attach type, a flag or a name that this kernel does not take"
        : `${FEATURES[feature].title} need Linux ${minimumKernel(feature, kernel.architecture)}`;
    return new LinuxError(
      "unsupported",
      `${action} as ${load.type} on ${release()}: ${wanted} (EINVAL)`,
      errno,
    );
  }
  if (errno === ERRNO.ENOTSUPP || errno === ERRNO.EOPNOTSUPP)
    return new LinuxError(
      "unsupported",
      `${action} as ${load.type}: this kernel is built without it (${errnoName(errno)})`,
      errno,
    );
  if (errno === ERRNO.EPERM || errno === ERRNO.EACCES)
    return new LinuxError(
      "permission",
      `${action} as ${load.type}: ${errnoName(errno)}, ${explainPermission(kernel, capabilitiesFor(load.type))}${attachesToCode(load.type) ? "; programs on kernel functions (fentry, fexit, LSM) are also refused by kernels whose lockdown or configuration forbids them" : ""}`,
      errno,
    );
  return systemError(action, result);
}
