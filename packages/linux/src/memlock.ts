import { release } from "node:os";

import { compareReleases, minimumKernel } from "./feature/table.ts";
import type { Kernel } from "./port/kernel.ts";

const RLIMIT_MEMLOCK = 8;

const handled = new WeakSet<Kernel>();

/**
 * Lifts RLIMIT_MEMLOCK of this process, once, where the kernel charges maps, programs and BTF against it: before Linux
 * 5.11, where 64 KiB are the default even for root. Call it before the first bpf(2) that allocates. A refusal is not
 * an error here: `explainPermission()` names the limit when it is what stands in the way.
 */
export function liftMemlock(kernel: Kernel): void {
  if (handled.has(kernel)) return;
  handled.add(kernel);
  if (compareReleases(release(), minimumKernel("memcg_accounting", kernel.architecture)) >= 0)
    return;
  // struct rlimit: two unsigned longs, soft and hard; all ones is RLIM_INFINITY.
  const limits = new Uint8Array(16).fill(0xff);
  kernel.syscall("setrlimit", RLIMIT_MEMLOCK, limits);
}
