import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";

import { MAP_PRIVATE, PROT_READ } from "../port/kernel.ts";
import { openKernel } from "../port/koffi.ts";

const PATH = "/sys/kernel/btf/vmlinux";

let mapped: Uint8Array | undefined;

/**
 * The encoded types of the running kernel, 5 MB. Where the kernel lets its own copy be mapped (Linux 6.16), it is: that takes
 * 0.2 ms instead of 5 to 20 and no memory of ours. It must not be written to, and stays mapped while the process lives.
 * Throws what reading a file throws.
 */
export function kernelBtf(): Uint8Array {
  return (mapped ??= mapFile()) ?? readFileSync(PATH);
}

function mapFile(): Uint8Array | undefined {
  const fd = openSync(PATH, "r");
  try {
    // btf_sysfs_vmlinux_mmap() in kernel/bpf/sysfs_btf.c refuses shared mappings; before it there is no mmap at all.
    const mapping = openKernel().map(fd, fstatSync(fd).size, PROT_READ, MAP_PRIVATE, 0);
    return typeof mapping === "number" ? undefined : mapping.bytes;
  } finally {
    closeSync(fd);
  }
}
