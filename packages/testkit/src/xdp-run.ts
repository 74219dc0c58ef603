import { COMMANDS } from "@ocelli/bpf";
import type { Kernel } from "@ocelli/linux";

const EINTR = 4;

/**
 * Runs an XDP program by its descriptor at most so many times in one system call; a signal ends it early. Throws what else
 * goes wrong.
 */
export function runXdp(kernel: Kernel, fd: number, times: number): void {
  // BPF_PROG_TEST_RUN of union bpf_attr:
  //   0 u32 prog_fd   8 u32 data_size_in   16 u64 data_in   32 u32 repeat
  const packet = new Uint8Array(64);
  const attribute = new Uint8Array(80);
  const view = new DataView(attribute.buffer);
  view.setUint32(0, fd, true);
  view.setUint32(8, packet.length, true);
  view.setBigUint64(16, kernel.address(packet), true);
  view.setUint32(32, times, true);
  const result = kernel.bpf(COMMANDS.prog_test_run, attribute);
  if (result < 0 && result !== -EINTR)
    throw new Error(`Cannot run program ${fd}: errno ${-result}`);
}
