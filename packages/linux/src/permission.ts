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
 * Puts facts into words for the end of an error message: which capability is missing, and what else stands in the way.
 * `also` lists capabilities that the refused action needs beyond CAP_BPF. Begins in lower case, without a final period.
 */
export function describePermission(
  facts: PermissionFacts,
  also: readonly ("CAP_PERFMON" | "CAP_NET_ADMIN")[] = [],
): string {
  const reasons: string[] = [];
  const has = (bit: number): boolean => ((facts.capabilities ?? 0n) & (1n << BigInt(bit))) !== 0n;
  if (facts.inUserNamespace) {
    reasons.push(
      "this process is in a user namespace, where BPF needs a token of a bpffs that was mounted for it (Linux 6.9)",
    );
  } else if (facts.capabilities === undefined) {
    reasons.push("the process's capabilities cannot be read from /proc/self/status");
  } else if (!has(CAP_SYS_ADMIN)) {
    const wanted: [name: string, bit: number][] = [["CAP_BPF", CAP_BPF]];
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
  if (facts.memlockBytes !== undefined && facts.memlockBytes !== Infinity) {
    reasons.push(
      `RLIMIT_MEMLOCK is ${facts.memlockBytes} bytes and this kernel charges BPF memory against it: raise it with "ulimit -l unlimited"`,
    );
  }
  if (facts.lockdown === "integrity" || facts.lockdown === "confidentiality") {
    reasons.push(
      `kernel lockdown is "${facts.lockdown}", which refuses programs that could change or read kernel memory: boot with lockdown=none, or without Secure Boot`,
    );
  }
  return reasons.length === 0
    ? "all capabilities are there: a security module may refuse it"
    : reasons.join("; ");
}

/** Why the kernel answers EPERM to this process, in words for the end of a message. */
export function explainPermission(
  kernel: Kernel,
  also: readonly ("CAP_PERFMON" | "CAP_NET_ADMIN")[] = [],
): string {
  return describePermission(permissionFacts(kernel), also);
}
