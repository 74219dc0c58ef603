import { readFileSync } from "node:fs";
import { release } from "node:os";

import { compareReleases, minimumKernel } from "./feature/table.ts";
import type { Kernel } from "./port/kernel.ts";
import { mountPrivately } from "./private-mount.ts";

// include/uapi/linux/capability.h
const CAP_NET_ADMIN = 12;
const CAP_SYS_ADMIN = 21;
const CAP_PERFMON = 38;
const CAP_BPF = 39;

/** Everything that decides whether the kernel lets a process use BPF; as read from proc, sysfs and securityfs. */
export interface PermissionFacts {
  /** Effective capabilities as a mask; `undefined` when /proc cannot tell. */
  readonly capabilities: bigint | undefined;
  /** Whether the capabilities are those of a user namespace, which do not count for BPF. */
  readonly inUserNamespace: boolean;
  /** kernel.unprivileged_bpf_disabled: 0 allowed, 1 and 2 not. */
  readonly unprivilegedDisabled: number | undefined;
  /** The active lockdown mode. */
  readonly lockdown: "none" | "integrity" | "confidentiality" | undefined;
  /** Soft RLIMIT_MEMLOCK in bytes, where it counts (before Linux 5.11); `undefined` where it does not. */
  readonly memlockBytes: number | undefined;
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

// Containers and small systems do not mount securityfs.
function readLockdown(kernel: Kernel): string {
  const usual = readOrNothing("/sys/kernel/security/lockdown");
  if (usual !== "") return usual;
  const mount = mountPrivately(kernel, "securityfs");
  if (typeof mount === "number") return "";
  using root = mount;
  return readOrNothing(`/proc/self/fd/${root.value}/lockdown`);
}

/** Reads what decides about permission right now. Never throws: what cannot be read is `undefined`. */
export function permissionFacts(kernel: Kernel): PermissionFacts {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(readOrNothing("/proc/self/status"))?.[1];
  const disabled = /^\d/.exec(readOrNothing("/proc/sys/kernel/unprivileged_bpf_disabled"))?.[0];
  const lockdown = /\[(none|integrity|confidentiality)\]/.exec(readLockdown(kernel))?.[1];
  const limited =
    compareReleases(release(), minimumKernel("memcg_accounting", kernel.architecture)) < 0;
  const memlock = /^Max locked memory\s+(\d+|unlimited)/m.exec(
    limited ? readOrNothing("/proc/self/limits") : "",
  )?.[1];
  return {
    capabilities: mask === undefined ? undefined : BigInt(`0x${mask}`),
    // The first namespace maps all ids to themselves: "0 0 4294967295".
    inUserNamespace: !/^(\s+0\s+0\s+4294967295\s*)?$/.test(readOrNothing("/proc/self/uid_map")),
    unprivilegedDisabled: disabled === undefined ? undefined : Number(disabled),
    // The expression admits only these three words.
    lockdown: lockdown as PermissionFacts["lockdown"],
    memlockBytes:
      memlock === undefined ? undefined : Number(memlock.replace("unlimited", "Infinity")),
  };
}

/**
 * A capability that an action needs beyond CAP_BPF. CAP_SYS_ADMIN is for those that CAP_BPF is no part of: listing the
 * machine's objects and opening them by id.
 */
export type Capability = "CAP_PERFMON" | "CAP_NET_ADMIN" | "CAP_SYS_ADMIN";

/** What else may stand in the way of an action. */
export interface PermissionLimits {
  /** Whether lockdown can refuse it: probes on kernel functions, in every form. Default: no. */
  readonly lockdown?: boolean;
}

/**
 * Puts facts into words for the end of an error message: which capability is missing, and what else stands in the way.
 * `also` lists capabilities that the refused action needs beyond CAP_BPF. Begins in lower case, without a final period.
 */
export function describePermission(
  facts: PermissionFacts,
  also: readonly Capability[] = [],
  limits: PermissionLimits = {},
): string {
  const reasons: string[] = [];
  const administrative = also.includes("CAP_SYS_ADMIN");
  const has = (bit: number): boolean => ((facts.capabilities ?? 0n) & (1n << BigInt(bit))) !== 0n;
  if (facts.inUserNamespace) {
    reasons.push(
      administrative
        ? "this process is in a user namespace, from which the machine's BPF objects cannot be listed or opened by id: run outside of it"
        : "this process is in a user namespace, where BPF needs a token of a bpffs that was mounted for it (Linux 6.9)",
    );
  } else if (facts.capabilities === undefined) {
    reasons.push("the process's capabilities cannot be read from /proc/self/status");
  } else if (!has(CAP_SYS_ADMIN)) {
    const wanted: [name: string, bit: number][] = administrative
      ? [["CAP_SYS_ADMIN", CAP_SYS_ADMIN]]
      : [["CAP_BPF", CAP_BPF]];
    if (also.includes("CAP_PERFMON")) wanted.push(["CAP_PERFMON", CAP_PERFMON]);
    if (also.includes("CAP_NET_ADMIN")) wanted.push(["CAP_NET_ADMIN", CAP_NET_ADMIN]);
    const missing = wanted.filter(([, bit]) => !has(bit)).map(([name]) => name);
    if (missing.length > 0) {
      const verb = missing.length === 1 ? "is" : "are";
      reasons.push(
        `${missing.join(" and ")} ${verb} missing: run as root or grant ${missing.join(", ")}`,
      );
    } else {
      reasons.push("CAP_SYS_ADMIN is missing, which this action may need beyond CAP_BPF");
    }
    if (missing.includes("CAP_BPF") && (facts.unprivilegedDisabled ?? 0) !== 0)
      reasons.push(
        `unprivileged BPF is off (kernel.unprivileged_bpf_disabled is ${facts.unprivilegedDisabled})`,
      );
  }
  // What is opened or listed is not charged.
  if (!administrative && facts.memlockBytes !== undefined && facts.memlockBytes !== Infinity) {
    reasons.push(
      `RLIMIT_MEMLOCK is ${facts.memlockBytes} bytes and this kernel charges BPF memory against it: raise it with "ulimit -l unlimited"`,
    );
  }
  const locked = facts.lockdown === "integrity" || facts.lockdown === "confidentiality";
  if (limits.lockdown === true && locked) {
    reasons.push(
      `kernel lockdown is "${facts.lockdown}", which refuses programs that could change or read kernel memory: boot with lockdown=none, or without Secure Boot`,
    );
  }
  return reasons.length === 0
    ? "all capabilities are there: a security module may refuse it"
    : reasons.join("; ");
}

/** Why the kernel answers EPERM to this process, in words for the end of a message. */
export function explainPermission(kernel: Kernel, also: readonly Capability[] = []): string {
  return describePermission(permissionFacts(kernel), also);
}
