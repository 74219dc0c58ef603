import { Fd } from "../fd.ts";
import { systemError } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";

const F_DUPFD_CLOEXEC = 1030;

/** A second descriptor of the same object, for those who need it longer than its owner may keep it. */
export function duplicateFd(kernel: Kernel, fd: number): Fd {
  const result = kernel.syscall("fcntl", fd, F_DUPFD_CLOEXEC, 0);
  if (result < 0) throw systemError("Cannot duplicate a file descriptor", result);
  return new Fd(kernel, result);
}
