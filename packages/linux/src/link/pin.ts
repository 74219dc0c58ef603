import { unlinkSync } from "node:fs";

import { COMMANDS } from "@ocelli/bpf";

import { encodeAttribute } from "../port/attribute.ts";
import type { Kernel } from "../port/kernel.ts";
import { explainedError } from "./explain.ts";

const encoder = new TextEncoder();
const REASONS = {
  ENOENT: "its folder does not exist; make it first, below a BPF file system",
  EPERM:
    'its folder is not on a BPF file system; use one below "/sys/fs/bpf", after: mount -t bpf bpf /sys/fs/bpf',
  EINVAL:
    'its folder is not on a BPF file system; use one below "/sys/fs/bpf", after: mount -t bpf bpf /sys/fs/bpf',
  EEXIST: "something is pinned there already",
} as const;

/** Pins an object of the kernel under a path. Throws in words when the path is taken or not on a BPF file system. */
export function pinObject(kernel: Kernel, what: string, fd: number, path: string): void {
  const pathname = encoder.encode(`${path}\0`);
  const attribute = encodeAttribute(kernel, "obj", { pathname, bpf_fd: fd });
  const result = kernel.bpf(COMMANDS.obj_pin, attribute);
  if (result < 0)
    throw explainedError(kernel, `Cannot pin ${what} as "${path}"`, result, { reasons: REASONS });
}

/** Opens what is pinned under a path and returns its descriptor's number. */
export function openPinned(kernel: Kernel, what: string, path: string): number {
  const pathname = encoder.encode(`${path}\0`);
  const result = kernel.bpf(COMMANDS.obj_get, encodeAttribute(kernel, "obj", { pathname }));
  if (result >= 0) return result;
  throw explainedError(kernel, `Cannot open ${what} pinned as "${path}"`, result, {
    reasons: {
      ENOENT: "nothing is pinned there",
      EACCES: "it is not a pinned BPF object, or this user may not read it",
    },
  });
}

/** Removes a pin. A path that is gone already is fine. */
export function removePin(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}
