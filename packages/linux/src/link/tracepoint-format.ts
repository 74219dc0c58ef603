import { existsSync, readFileSync } from "node:fs";

import type { Kernel } from "../port/kernel.ts";
import { openKernel } from "../port/koffi.ts";
import { openTracefs } from "./tracefs.ts";

/**
 * The text of a tracepoint's `format` file, by `category/name`: the fields of its context. `undefined` when this kernel has
 * no such tracepoint. Throws `not-found` when tracefs is neither mounted nor mountable.
 */
export function readTracepointFormat(
  name: string,
  kernel: Kernel = openKernel(),
): string | undefined {
  if (!/^\w+\/\w+$/.test(name)) return undefined;
  using tracefs = openTracefs(kernel, `Cannot read the format of tracepoint "${name}"`);
  const path = `${tracefs.path}/events/${name}/format`;
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
