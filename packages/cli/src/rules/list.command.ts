import { buildCommand, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import type { ListFlags } from "./list.ts";
import { ruleFiles } from "./parameters.ts";

/** `ocelli rules list FILE…`. */
export const listCommand: Command<CliContext> = buildCommand<ListFlags, string[], CliContext>({
  loader: async () => withContext((await import("./list.ts")).list),
  parameters: {
    flags: { json: { kind: "boolean", brief: "Print JSON instead of a table", default: false } },
    positional: ruleFiles,
  },
  docs: {
    brief: "List the rules that files define together",
    fullDescription: [
      "In the order in which they are tried, with the events that each can match.",
      "",
      "EXAMPLE",
      "  ocelli rules list falco_rules.yaml --json | jq '.[].rule'",
    ].join("\n"),
  },
});
