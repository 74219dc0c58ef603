import { existsSync, rmSync } from "node:fs";
import { basename, dirname } from "node:path";

import { COMMANDS } from "@ocelli/bpf";

import { LinuxError } from "../error.ts";
import { Fd } from "../fd.ts";
import { explainPermission } from "../permission.ts";
import { encodeAttribute } from "../port/attribute.ts";
import { ERRNO, errnoName, systemError } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";
import { BPFFS, isBpffs, mountBpffs, pathBytes } from "./bpffs.ts";

/** How an object is opened. Maps know all three; programs and links only `read-write`. */
export type Access = "read-write" | "read" | "write";

/** BPF_F_RDONLY and BPF_F_WRONLY, as the open flags of descriptors. */
export function accessFlags(access: Access): number {
  if (access === "read-write") return 0;
  return access === "read" ? 8 : 16;
}

/** How to pin. */
export interface PinOptions {
  /** Mount a BPF file system at /sys/fs/bpf first, when the path lies there and nothing is mounted. Default: no. */
  readonly mount?: boolean;
}

/**
 * Pins a map, program or link at a path on a BPF file system, where it outlives this process. Throws `exists` when the
 * path is taken, `not-found` when its folder is missing, `invalid` when it is not on a BPF file system.
 */
export function pinObject(kernel: Kernel, fd: Fd, path: string, options: PinOptions = {}): void {
  if (options.mount === true && dirname(path).startsWith(BPFFS)) mountBpffs(kernel);
  const pathname = pathBytes(path);
  const attribute = encodeAttribute(kernel, "obj", { pathname, bpf_fd: fd.value });
  const result = kernel.bpf(COMMANDS.obj_pin, attribute);
  if (result < 0) throw pinError(kernel, path, -result);
}

function pinError(kernel: Kernel, path: string, errno: number): LinuxError {
  const action = `Cannot pin at "${path}"`;
  const named = errnoName(errno);
  const folder = dirname(path);
  const onBpffs = isBpffs(folder);
  if (onBpffs === undefined)
    return new LinuxError(
      "not-found",
      `${action} as folder "${folder}" does not exist: ${named}`,
      errno,
    );
  if (!onBpffs) {
    const remedy = folder.startsWith(BPFFS)
      ? `mount one with "mount -t bpf bpf ${BPFFS}" or pin with { mount: true }`
      : `pin below ${BPFFS}`;
    return new LinuxError(
      "invalid",
      `${action} as "${folder}" is not on a BPF file system: ${named}, ${remedy}`,
      errno,
    );
  }
  if (errno === ERRNO.EEXIST)
    return new LinuxError("exists", `${action} as something is pinned there: ${named}`, errno);
  if (errno === ERRNO.EPERM && basename(path).includes("."))
    return new LinuxError(
      "invalid",
      `${action} as a name there must not contain a dot: ${named}`,
      errno,
    );
  if (errno === ERRNO.EPERM || errno === ERRNO.EACCES)
    return new LinuxError("permission", `${action}: ${named}, ${explainPermission(kernel)}`, errno);
  return systemError(action, -errno);
}

/**
 * Opens what is pinned at a path, whatever it is. Throws `not-found` when nothing is there, `invalid` when it is not
 * a pinned object, `permission` when the file's mode or the missing capability refuses.
 */
export function openPinned(kernel: Kernel, path: string, access: Access = "read-write"): Fd {
  const pathname = pathBytes(path);
  const attribute = encodeAttribute(kernel, "obj", { pathname, file_flags: accessFlags(access) });
  const result = kernel.bpf(COMMANDS.obj_get, attribute);
  if (result >= 0) return new Fd(kernel, result);
  const errno = -result;
  const action = `Cannot open the object pinned at "${path}"`;
  const named = errnoName(errno);
  if (errno === ERRNO.ENOENT)
    throw new LinuxError("not-found", `${action} as nothing is there: ${named}`, errno);
  if (existsSync(path) && isBpffs(path) === false)
    throw new LinuxError("invalid", `${action} as it is no BPF file system: ${named}`, errno);
  if (errno === ERRNO.EPERM || errno === ERRNO.EACCES)
    throw new LinuxError("permission", `${action}: ${named}, ${explainPermission(kernel)}`, errno);
  throw systemError(action, result);
}

/** Removes a pin; the object lives on while something else refers to it. Whether there was one. */
export function unpin(path: string): boolean {
  if (!existsSync(path)) return false;
  if (isBpffs(path) !== true)
    throw new LinuxError(
      "invalid",
      `Cannot unpin "${path}" as a pin lies on a BPF file system: it is an ordinary file`,
    );
  rmSync(path);
  return true;
}
