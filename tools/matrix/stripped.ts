// Sources without types for the guest. Node strips types with a WebAssembly program, whose start alone takes seconds
// under emulation and comes back in every process; here it happens once, before the boot.
import { stripTypeScriptTypes } from "node:module";

import type { CpioEntry } from "./cpio.ts";

/** Takes the types out of every `.ts` file; lines and columns stay where they are. */
export function stripEntries(entries: readonly CpioEntry[]): CpioEntry[] {
  return entries.map((entry) => {
    if (entry.kind !== "file" || !entry.path.endsWith(".ts") || entry.path.endsWith(".d.ts"))
      return entry;
    // Packages of npm run from their .js files; their sources may use what stripping alone cannot take out.
    if (entry.path.includes("/node_modules/")) return entry;
    const source = Buffer.from(entry.bytes).toString("utf8");
    return { ...entry, bytes: Buffer.from(stripTypeScriptTypes(source, { mode: "strip" })) };
  });
}

/** A module for `node --import` that loads `.ts` files as they are. */
export const LOAD_STRIPPED = `import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
registerHooks({
  load(url, context, next) {
    if (!url.startsWith("file:") || !url.endsWith(".ts")) return next(url, context);
    return { format: "module", source: readFileSync(fileURLToPath(url), "utf8"), shortCircuit: true };
  },
});
`;
