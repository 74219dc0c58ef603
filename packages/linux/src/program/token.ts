import { closeSync, openSync } from "node:fs";

import { COMMANDS } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { Fd } from "../fd.ts";
import { encodeAttribute } from "../port/attribute.ts";
import { ERRNO, errnoName, systemError } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";

/**
 * Makes a BPF token of a bpffs that was mounted with `delegate_*` options for this user namespace. Maps, programs and
 * BTF may then be created with it inside of a container. Linux 6.9.
 *
 * Throws `not-found` when `path` is not a bpffs, `permission` when nothing was delegated or this is not the mount's
 * user namespace.
 */
export function createToken(kernel: Kernel, path = "/sys/fs/bpf"): Fd {
  const action = `Cannot create a BPF token from "${path}"`;
  let directory: number;
  try {
    directory = openSync(path, "r");
  } catch (cause) {
    throw new LinuxError("not-found", `${action}: the directory cannot be opened`, 0, { cause });
  }
  try {
    const attribute = encodeAttribute(kernel, "token_create", { bpffs_fd: directory });
    const result = kernel.bpf(COMMANDS.token_create, attribute);
    if (result >= 0) return new Fd(kernel, result);
    throw tokenError(action, result);
  } finally {
    closeSync(directory);
  }
}

function tokenError(action: string, result: number): LinuxError {
  const said = (code: LinuxError["code"], words: string): LinuxError =>
    new LinuxError(code, `${action}: ${words} (${errnoName(-result)})`, -result);
  switch (-result) {
    case ERRNO.EINVAL:
      return said("unsupported", "it is no root of a bpffs, or the kernel is older than Linux 6.9");
    case ERRNO.ENOENT:
      return said(
        "permission",
        "the bpffs was mounted without delegate_cmds, _maps, _progs or _attachs",
      );
    case ERRNO.EOPNOTSUPP:
      return said("permission", "the first user namespace needs no token and gets none");
    case ERRNO.EPERM:
      return said(
        "permission",
        "this process is not in the user namespace that the bpffs was mounted for, or lacks CAP_BPF there",
      );
    default:
      return systemError(action, result);
  }
}
