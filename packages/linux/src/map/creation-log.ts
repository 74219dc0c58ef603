import { COMMANDS } from "@ocelli/bpf";

import { textUntilZero } from "../port/info.ts";
import type { Kernel } from "../port/kernel.ts";

/** Or'ed to a command: a second struct follows, `struct bpf_common_attr`. include/uapi/linux/bpf.h. */
const BPF_COMMON_ATTRS = 0x10000;

const LOG_BYTES = 4096;

/**
 * The kernel's own words on why it refused to create a map, on kernels that have any; else empty. Asks once more with
 * the same attribute, and closes the map should it be created this time.
 */
export function creationLog(kernel: Kernel, attribute: Uint8Array): string {
  const log = new Uint8Array(LOG_BYTES);
  // struct bpf_common_attr:
  //    0  u64  log_buf
  //    8  u32  log_size
  //   12  u32  log_level
  //   16  u32  log_true_size     written by the kernel
  const common = new Uint8Array(24);
  const view = new DataView(common.buffer);
  view.setBigUint64(0, kernel.address(log), true);
  view.setUint32(8, LOG_BYTES, true);
  view.setUint32(12, 1, true);
  const command = COMMANDS.map_create | BPF_COMMON_ATTRS;
  const size = attribute.length;
  const result = kernel.syscall("bpf", command, attribute, size, common, common.length);
  if (result >= 0) kernel.syscall("close", result);
  return textUntilZero(log).trim();
}
