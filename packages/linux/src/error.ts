import { OcelliError } from "@ocelli/bpf";

/**
 * Why the kernel, or this library on its behalf, said no.
 *
 * - `unsupported`: the running kernel lacks the feature; the message names the first one that has it
 * - `rejected`: the verifier refused a program
 * - `permission`: a capability, lockdown, or a limit; the message says which
 * - `invalid`: the arguments do not make sense to the kernel
 * - `not-found`, `exists`, `busy`, `limit`: as errno says (ENOENT, EEXIST, EBUSY, E2BIG or ENOSPC)
 * - `closed`: the object was closed before the call
 * - `system`: any other errno
 */
export type LinuxErrorCode =
  | "unsupported"
  | "rejected"
  | "permission"
  | "invalid"
  | "not-found"
  | "exists"
  | "busy"
  | "limit"
  | "closed"
  | "system";

/** An error of `@ocelli/linux`. `errno` is positive, 0 when no system call was made. */
export class LinuxError extends OcelliError<LinuxErrorCode> {
  readonly errno: number;

  constructor(code: LinuxErrorCode, message: string, errno = 0, options?: ErrorOptions) {
    super(code, message, options);
    this.errno = errno;
  }
}
