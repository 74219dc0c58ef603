import { buildCommand, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import type { FieldsFlags } from "./fields.ts";

/** `ocelli rules fields`. */
export const fieldsCommand: Command<CliContext> = buildCommand<FieldsFlags, [], CliContext>({
  loader: async () => withContext((await import("./fields.ts")).fields),
  parameters: {
    flags: {
      json: { kind: "boolean", brief: "Print JSON instead of a table", default: false },
      missing: {
        kind: "boolean",
        brief: "Only fields that no source of events fills in yet",
        default: false,
      },
    },
  },
  docs: {
    brief: "List the fields that conditions and outputs can use",
    fullDescription: "EXAMPLE\n  ocelli rules fields | grep proc.",
  },
});
