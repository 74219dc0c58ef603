import { Fd } from "./fd.ts";
import type { Kernel } from "./port/kernel.ts";

const FSOPEN_CLOEXEC = 1;
const FSCONFIG_CMD_CREATE = 6;
const FSMOUNT_CLOEXEC = 1;
const MOUNT_ATTR_NOSUID_NODEV_NOEXEC = 0xe;

/**
 * Mounts a file system of the kernel's own (`tracefs`, `securityfs`) where nobody sees it: without a place in the tree.
 * The mount ends with its descriptor, so that a crash leaves nothing behind; its root is `/proc/self/fd/N`. Gives a
 * negated errno on failure. Linux 5.2; needs CAP_SYS_ADMIN.
 */
export function mountPrivately(kernel: Kernel, type: string): Fd | number {
  const name = new TextEncoder().encode(`${type}\0`);
  const context = kernel.syscall("fsopen", name, FSOPEN_CLOEXEC);
  if (context < 0) return context;
  using contextFd = new Fd(kernel, context);
  const created = kernel.syscall("fsconfig", contextFd.value, FSCONFIG_CMD_CREATE, null, null, 0);
  if (created < 0) return created;
  const mount = kernel.syscall(
    "fsmount",
    contextFd.value,
    FSMOUNT_CLOEXEC,
    MOUNT_ATTR_NOSUID_NODEV_NOEXEC,
  );
  return mount < 0 ? mount : new Fd(kernel, mount);
}
