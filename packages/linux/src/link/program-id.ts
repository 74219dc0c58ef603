import { objectInfo } from "../port/info.ts";
import type { Kernel } from "../port/kernel.ts";

/** The kernel's id of an open program. */
export function programId(kernel: Kernel, fd: number): number {
  return objectInfo(kernel, "prog", fd).number("id");
}
