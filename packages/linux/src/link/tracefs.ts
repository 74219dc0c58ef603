import { existsSync, readFileSync } from "node:fs";

import { LinuxError } from "../error.ts";
import { errnoName } from "../port/errno.ts";
import type { Kernel } from "../port/kernel.ts";
import { mountPrivately } from "../private-mount.ts";

const USUAL = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

/** The tracing file system, for as long as it is needed. */
export interface Tracefs extends Disposable {
  /** Its root folder; no slash at the end. */
  readonly path: string;
  /** `false` when this process mounted it for itself. */
  readonly mounted: boolean;
}

/**
 * Finds the tracing file system, or mounts it where nobody sees it: a mount without a place in the tree, which ends
 * with its descriptor, so that a crash leaves nothing behind. `action` begins the error's message.
 */
export function openTracefs(kernel: Kernel, action: string): Tracefs {
  const path = [...USUAL, ...mountedAt()].find((folder) => existsSync(`${folder}/events`));
  if (path !== undefined)
    return {
      path,
      mounted: true,
      [Symbol.dispose]() {
        // Mounted by somebody else, who keeps it.
      },
    };
  return mountTracefs(kernel, action);
}

function mountedAt(): string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .filter((fields) => fields[2] === "tracefs")
    .map((fields) => fields[1] ?? "");
}

/** The private mount of `openTracefs()`, made even when the file system is mounted somewhere. */
export function mountTracefs(kernel: Kernel, action: string): Tracefs {
  const fd = mountPrivately(kernel, "tracefs");
  if (typeof fd === "number") throw unavailable(action, fd);
  return {
    path: `/proc/self/fd/${fd.value}`,
    mounted: false,
    [Symbol.dispose]: () => {
      fd[Symbol.dispose]();
    },
  };
}

function unavailable(action: string, result: number): LinuxError {
  return new LinuxError(
    "not-found",
    `${action}: the tracing file system is not mounted and cannot be mounted privately (${errnoName(-result)}). ` +
      "Run as root: mount -t tracefs tracefs /sys/kernel/tracing",
    -result,
  );
}
