import { buildCommand, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import type { PsFlags } from "./ps.ts";

/** `ocelli ps`. */
export const psCommand: Command<CliContext> = buildCommand<PsFlags, [], CliContext>({
  loader: async () => withContext((await import("./ps.ts")).ps),
  parameters: {
    flags: {
      container: {
        kind: "parsed",
        parse: String,
        placeholder: "ID",
        brief: "Only this container, by the beginning of its id; host for what runs outside",
        optional: true,
      },
      kernel: { kind: "boolean", brief: "Kernel threads too", default: false },
      json: { kind: "boolean", brief: "Print a JSON array", default: false },
    },
  },
  docs: {
    brief: "The processes of this host as a tree, with users and containers",
    fullDescription: "EXAMPLE\n  ocelli ps --container 3ad7b26ded6d",
  },
});
