import { readlinkSync } from "node:fs";

import type { Fd } from "../fd.ts";

/** Kinds of objects that a descriptor of bpf(2) can stand for. */
export type ObjectKind = "map" | "program" | "link" | "other";

/**
 * What a descriptor stands for. The kernel fills any info struct for any object without a word, so what comes from a
 * path must be asked this first. The name of the anonymous inode tells: kernel/bpf/syscall.c calls them bpf-map,
 * bpf-prog and bpf_link.
 */
export function objectKind(fd: Fd): ObjectKind {
  const target = readlinkSync(`/proc/self/fd/${fd.value}`);
  if (target.includes("bpf-map")) return "map";
  if (target.includes("bpf-prog")) return "program";
  return /bpf[-_]link/.test(target) ? "link" : "other";
}
