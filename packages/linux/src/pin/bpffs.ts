import { statfsSync } from "node:fs";

import { LinuxError } from "../error.ts";
import { ERRNO, errnoName, systemError } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";

/** Where the BPF file system is mounted by convention. */
export const BPFFS = "/sys/fs/bpf";

// include/uapi/linux/magic.h
const BPF_FS_MAGIC = 0xcafe4a11;

/** Bytes of a string with the zero at its end, as system calls take paths. */
export function pathBytes(path: string): Uint8Array {
  return new TextEncoder().encode(`${path}\0`);
}

/** Whether a path lies on a BPF file system; `undefined` when it does not exist. */
export function isBpffs(path: string): boolean | undefined {
  try {
    return statfsSync(path).type === BPF_FS_MAGIC;
  } catch {
    return undefined;
  }
}

/**
 * Mounts a BPF file system at an existing folder, readable by root only, unless there is one already. Whether it
 * mounted. Needs CAP_SYS_ADMIN; throws `permission` or `not-found` otherwise. Nothing else in this library mounts
 * anything unless it is asked to with `mount: true`.
 */
export function mountBpffs(kernel: Kernel, folder: string = BPFFS): boolean {
  if (isBpffs(folder) === true) return false;
  const type = pathBytes("bpf");
  const result = kernel.syscall("mount", type, pathBytes(folder), type, 0, pathBytes("mode=0700"));
  if (result === 0) return true;
  const action = `Cannot mount a BPF file system at "${folder}"`;
  const named = errnoName(-result);
  if (result === -ERRNO.ENOENT)
    throw new LinuxError("not-found", `${action} as the folder does not exist: ${named}`, -result);
  if (result === -ERRNO.EPERM)
    throw new LinuxError("permission", `${action} as CAP_SYS_ADMIN is missing: ${named}`, -result);
  throw systemError(action, result);
}

/**
 * Where an object of that name is pinned: in `folder`, dots replaced by `_`, because the BPF file system keeps names
 * with dots for itself. Throws RangeError for a name that is empty or holds a slash.
 */
export function pinPath(name: string, folder: string = BPFFS): string {
  if (name === "" || name.includes("/"))
    throw new RangeError(`Cannot pin by name as a name must be a file name: it is "${name}"`);
  return `${folder.replace(/\/+$/, "")}/${name.replaceAll(".", "_")}`;
}
