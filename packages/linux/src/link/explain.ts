import { release } from "node:os";

import type { ProgramType } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { compareReleases, FEATURES, minimumKernel, type Feature } from "../feature/table.ts";
import { describePermission, permissionFacts, type Capability } from "../permission.ts";
import { codeOfErrno, ERRNO, errnoName } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";
import type { Program } from "../program/program.ts";

/** What is known about why an attachment may fail. */
export interface Explanation {
  /** Without which the kernel cannot do it. */
  readonly feature?: Feature;
  /** Reasons by errno, worded to follow a colon. */
  readonly reasons?: Partial<Record<keyof typeof ERRNO, string>>;
  /** Capabilities that the action needs beyond CAP_BPF. */
  readonly rights?: readonly Capability[];
  /** Whether lockdown can refuse it: probes on kernel functions. */
  readonly lockdown?: boolean;
}

// What kernels answer to commands, types and fields that they do not know.
const UNKNOWN_TO_KERNEL: ReadonlySet<number> = new Set([
  ERRNO.EINVAL,
  ERRNO.E2BIG,
  ERRNO.ENOSYS,
  ERRNO.EOPNOTSUPP,
  ERRNO.ENOTSUPP,
]);

/** The start of every message about an attachment. */
export function attachAction(program: Program, target: string): string {
  return `Cannot attach "${program.name}" to ${target}`;
}

/** `tcx links need Linux 6.6: running 5.10.0`, or `undefined` when the running kernel is new enough. */
export function missingFeature(kernel: Kernel, feature: Feature): string | undefined {
  const minimum = minimumKernel(feature, kernel.architecture);
  if (compareReleases(release(), minimum) >= 0) return undefined;
  return `${FEATURES[feature].title} need Linux ${minimum}, running ${release()}`;
}

/**
 * Turns the negative result of a call into an error that says what is missing and what to do: first what the kernel's
 * age explains, then the given reasons, then missing rights, then the errno alone.
 */
export function explainedError(
  kernel: Kernel,
  action: string,
  result: number,
  explanation: Explanation = {},
): LinuxError {
  const errno = -result;
  if (explanation.feature !== undefined && UNKNOWN_TO_KERNEL.has(errno)) {
    const missing = missingFeature(kernel, explanation.feature);
    if (missing !== undefined) return new LinuxError("unsupported", `${action}: ${missing}`, errno);
  }
  const name = errnoName(errno);
  // Names of `ERRNO` are the keys of `reasons`; any other name finds nothing.
  const reason = explanation.reasons?.[name as keyof typeof ERRNO];
  if (reason !== undefined)
    return new LinuxError(codeOfErrno(errno), `${action}: ${reason} (${name})`, errno);
  if (errno === ERRNO.EPERM || errno === ERRNO.EACCES) {
    const { rights = ["CAP_PERFMON"], lockdown = false } = explanation;
    const why = describePermission(permissionFacts(kernel), rights, { lockdown });
    return new LinuxError("permission", `${action}: ${why} (${name})`, errno);
  }
  return new LinuxError(codeOfErrno(errno), `${action}: ${name}`, errno);
}

/** Throws `invalid` unless the program is of one of the types that the hook takes. */
export function requireType(
  program: Program,
  target: string,
  ...types: readonly ProgramType[]
): void {
  if (types.includes(program.type)) return;
  throw new LinuxError(
    "invalid",
    `${attachAction(program, target)}: it is a program of type ${program.type}, ${types.join(" or ")} is needed`,
  );
}
