import { buildCommand, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import type { ExplainFlags } from "./explain.ts";
import { ruleFiles } from "./parameters.ts";

/** `ocelli rules explain FILE…`. */
export const explainCommand: Command<CliContext> = buildCommand<ExplainFlags, string[], CliContext>(
  {
    loader: async () => withContext((await import("./explain.ts")).explain),
    parameters: {
      flags: {
        rule: { kind: "parsed", parse: String, optional: true, brief: "Explain this rule" },
        event: {
          kind: "parsed",
          parse: String,
          optional: true,
          brief: "File with an event as JSON: its fields, or an alert of Falco's",
        },
        all: { kind: "boolean", brief: "Also show the parts that do not matter", default: false },
        json: { kind: "boolean", brief: "Print JSON instead of lines", default: false },
      },
      positional: ruleFiles,
    },
    docs: {
      brief: "Say which rules can never fire, and why a rule fired or did not",
      fullDescription: [
        "Without flags: the rules that can never fire, and why. With --rule: its condition with macros and lists in their",
        "place, and the events it is about. With --event: the rules that hold for it and those that nearly do, each part",
        "marked + where it held and - where not, with the values that were compared.",
        "",
        "EXAMPLES",
        "  ocelli rules explain falco_rules.yaml",
        '  ocelli rules explain falco_rules.yaml --rule "Read sensitive file untrusted"',
        "  ocelli rules explain falco_rules.yaml --event event.json",
      ].join("\n"),
    },
  },
);
