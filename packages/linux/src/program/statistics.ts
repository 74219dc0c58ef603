import { COMMANDS } from "@ocelli/bpf";

import { Fd } from "../fd.ts";
import { encodeAttribute } from "../port/attribute.ts";
import type { Kernel } from "../port/kernel.ts";
import { administrationError } from "./ids.ts";

/**
 * Lets the kernel count and time every run of every program until disposed of; costs some 20 ns a run. The counts are
 * in `programInfo()`. Linux 5.8. Throws `permission` without CAP_SYS_ADMIN.
 */
export function enableStatistics(kernel: Kernel): Disposable {
  const result = kernel.bpf(COMMANDS.enable_stats, encodeAttribute(kernel, "enable_stats", {}));
  if (result < 0) throw administrationError(kernel, "Cannot switch on run statistics", result);
  return new Fd(kernel, result);
}
