import { release } from "node:os";

import { compareReleases, openKernel, permissionFacts } from "@ocelli/linux";

import { RefusedError } from "./exit.ts";

const MINIMUM = "5.10";

// include/uapi/linux/capability.h
const CAP_SYS_ADMIN = 21n;
const CAP_PERFMON = 38n;
const CAP_BPF = 39n;

/** Why programs cannot be attached here, as the end of a sentence; undefined when they can. */
export function whyNot(): string | undefined {
  if (process.platform !== "linux") return `this is ${process.platform}`;
  if (compareReleases(release(), MINIMUM) < 0) return `this is Linux ${release()}`;
  // CAP_SYS_ADMIN covers all; since Linux 5.8 CAP_BPF loads and CAP_PERFMON attaches to tracepoints.
  const mask = permissionFacts(openKernel()).capabilities ?? 0n;
  const has = (bit: bigint): boolean => (mask & (1n << bit)) !== 0n;
  if (has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON))) return undefined;
  return "run it as root, e.g. with sudo";
}

/** Refuses to go on where programs cannot be attached. */
export function checkHost(command: string): void {
  const reason = whyNot();
  if (reason !== undefined)
    throw new RefusedError(`${command} needs root on Linux ${MINIMUM} or later: ${reason}`);
}
