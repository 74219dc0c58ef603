import { buildCommand, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import type { TestFlags } from "./test.ts";

/** `ocelli rules test DIR`. */
export const testCommand: Command<CliContext> = buildCommand<TestFlags, string[], CliContext>({
  loader: async () => withContext((await import("./test.ts")).testRules),
  parameters: {
    flags: { json: { kind: "boolean", brief: "Print JSON instead of lines", default: false } },
    positional: {
      kind: "array",
      parameter: {
        parse: String,
        placeholder: "DIR",
        brief: "Folder with *.test.yaml files, or one such file",
      },
      minimum: 1,
    },
  },
  docs: {
    brief: "Test rules: captures and events, and the alerts that they must raise",
    fullDescription: [
      "Runs every *.test.yaml (or .yml) below a folder. A file is a sequence of tests; files named in it are relative to it:",
      "",
      "  - test: Reading the shadow file raises one alert",
      "    rules: [../falco_rules.yaml]",
      "    capture: cat-shadow.scap          # or events:, a mapping of fields for each",
      "    matching: all                     # default first, as Falco",
      "    expect:",
      "      - rule: Read sensitive file untrusted",
      "        count: 1                      # default at least 1",
      "        priority: WARNING",
      "        output: file=/etc/shadow",
      "        fields: {proc.name: cat}",
      "    silent: [Clear Log Activities]    # must raise nothing",
      "    only: true                        # nothing but what is expected",
      "",
      "Exits with 1 when a test fails.",
      "",
      "EXAMPLE",
      "  ocelli rules test rules/tests",
    ].join("\n"),
  },
});
