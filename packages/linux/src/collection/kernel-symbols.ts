import { readFileSync } from "node:fs";

import { LinuxError } from "../error.ts";

/**
 * Addresses of kernel symbols by name, from /proc/kallsyms. A name that is absent is absent from the result. Throws
 * `permission` when the kernel hides addresses, `invalid` when a name has several.
 */
export function kernelAddresses(
  names: ReadonlySet<string>,
  text: string = readFileSync("/proc/kallsyms", "latin1"),
): ReadonlyMap<string, bigint> {
  const found = new Map<string, bigint>();
  for (const name of names) {
    // Lines are `address type name`, and for modules a tab and `[module]`.
    for (const end of ["\n", "\t"]) {
      const wanted = ` ${name}${end}`;
      for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
        const line = text.slice(text.lastIndexOf("\n", at) + 1, at);
        const address = BigInt(`0x${line.split(" ", 1)[0] ?? "0"}`);
        const before = found.get(name);
        if (address === 0n)
          throw new LinuxError(
            "permission",
            `Cannot find the address of kernel symbol "${name}": /proc/kallsyms hides addresses from this process, which needs CAP_SYSLOG and kernel.kptr_restrict below 2`,
          );
        if (before !== undefined && before !== address)
          throw new LinuxError(
            "invalid",
            `Cannot find the address of kernel symbol "${name}": it has several, at 0x${before.toString(16)} and 0x${address.toString(16)}`,
          );
        found.set(name, address);
      }
    }
  }
  return found;
}
