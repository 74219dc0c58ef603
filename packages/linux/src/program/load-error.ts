import { release } from "node:os";

import type { ProgramType } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { FEATURES, minimumKernel, type Feature } from "../feature/table.ts";
import { describePermission, permissionFacts, type PermissionFacts } from "../permission.ts";
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

// Programs whose attachment rewrites the kernel's code: typed tracepoints and iterators do not.
function needsTrampoline({ type, attachType }: Pick<ProgramLoad, "type" | "attachType">): boolean {
  if (type === "lsm") return true;
  return type === "tracing" && attachType !== "trace_raw_tp" && attachType !== "trace_iter";
}

/**
 * Why a process that may load other programs may not load this one, worded to follow a colon. Some kernels that are
 * locked down refuse BPF trampolines, whatever the capabilities.
 */
export function describeRefusal(
  facts: PermissionFacts,
  load: Pick<ProgramLoad, "type" | "attachType">,
): string {
  const lockdown = needsTrampoline(load);
  const reason = describePermission(facts, capabilitiesFor(load.type), { lockdown });
  if (!lockdown) return reason;
  const instead = "use a typed tracepoint (tp_btf), a tracepoint or a raw tracepoint instead";
  const locked = facts.lockdown === "integrity" || facts.lockdown === "confidentiality";
  if (locked)
    return `${reason}; among them are those on kernel functions (fentry, fexit, LSM): ${instead}`;
  const capable = !facts.inUserNamespace && ((facts.capabilities ?? 0n) & (1n << 21n)) !== 0n;
  return capable
    ? `all capabilities are there: this kernel refuses programs on kernel functions (fentry, fexit, LSM), as one that was built without BPF trampolines or is locked down does; ${instead}`
    : reason;
}

function loadAction({ name, origin }: ProgramLoad): string {
  const section = origin?.section ?? "";
  return `Cannot load program "${name ?? ""}"${section === "" ? "" : ` (${section})`}`;
}

/** Throws `invalid` for bytes that are no whole records, which the kernel would see cut off: it is told their number. */
export function requireWholeRecords(load: ProgramLoad): void {
  const parts: [what: string, bytes: Uint8Array | undefined, size: number, least: string][] = [
    ["instructions", load.bytes, 8, ", at least one"],
    ["function records", load.functionInfo, 8, ""],
    ["line records", load.lineInfo, 16, ""],
  ];
  for (const [what, bytes, size, least] of parts)
    if (bytes !== undefined && (bytes.length % size !== 0 || (bytes.length === 0 && least !== "")))
      throw new LinuxError(
        "invalid",
        `${loadAction(load)}: ${what} must come in slots of ${size} bytes${least}: there are ${bytes.length} bytes`,
      );
}

/** Turns a failure of BPF_PROG_LOAD that left no log into an error that says what stands in the way. */
export function loadError(kernel: Kernel, load: ProgramLoad, result: number): LinuxError {
  const errno = -result;
  const action = loadAction(load);
  if (errno === ERRNO.E2BIG)
    return new LinuxError(
      "limit",
      `${action}: it has ${load.bytes.length / 8} instruction slots, more than this process may load (E2BIG): 4096 without CAP_BPF, 1000000 with it`,
      errno,
    );
  if (errno === ERRNO.EAGAIN)
    return new LinuxError(
      "busy",
      `${action}: signals interrupted the verifier every time (EAGAIN): stop the timer or profiler that sends them, then load it again`,
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
      `${action} as ${load.type}: ${errnoName(errno)}, ${describeRefusal(permissionFacts(kernel), load)}`,
      errno,
    );
  return systemError(action, result);
}
