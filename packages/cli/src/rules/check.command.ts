import { buildCommand, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import type { CheckFlags } from "./check.ts";
import { ruleFiles } from "./parameters.ts";

/** `ocelli rules check FILE…`. */
export const checkCommand: Command<CliContext> = buildCommand<CheckFlags, string[], CliContext>({
  loader: async () => withContext((await import("./check.ts")).check),
  parameters: {
    flags: { json: { kind: "boolean", brief: "Print JSON instead of lines", default: false } },
    positional: ruleFiles,
  },
  docs: {
    brief: "Check Falco rule files: grammar, names, fields, types",
    fullDescription: [
      "Files load in the order given; later ones add to and change earlier ones. A folder stands for its YAML files.",
      "Each line names file, line, column and Falco's code, and what to do. Exits with 1 when there is an error.",
      "",
      "EXAMPLE",
      "  ocelli rules check falco_rules.yaml falco_rules.local.yaml",
    ].join("\n"),
  },
});
