import { COMMANDS, PROGRAM_TYPES } from "@ocelli/bpf";

import { encodeAttribute } from "../port/attribute.ts";
import type { Kernel } from "../port/kernel.ts";

/**
 * Makes the kernel read its own BTF, which old ones (5.10 among them) put off until the verifier first runs: before, they
 * answer ENOTSUPP to maps that name a kernel type. Loads a program of two instructions and closes it.
 */
export function wakeKernelTypes(kernel: Kernel): void {
  // r0 = 0; exit
  const insns = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
  const license = Uint8Array.of(0);
  const attribute = encodeAttribute(kernel, "prog_load", {
    prog_type: PROGRAM_TYPES.socket_filter,
    insns,
    insn_cnt: 2,
    license,
  });
  const fd = kernel.bpf(COMMANDS.prog_load, attribute);
  if (fd >= 0) kernel.syscall("close", fd);
}
