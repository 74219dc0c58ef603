import { buildCommand, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import { objectFile } from "../input.ts";
import type { InspectFlags } from "./inspect.ts";

/** `ocelli bpf inspect FILE.o`. */
export const inspectCommand: Command<CliContext> = buildCommand<InspectFlags, [string], CliContext>(
  {
    loader: async () => withContext((await import("./inspect.ts")).inspect),
    parameters: {
      flags: { json: { kind: "boolean", brief: "Print JSON instead of tables", default: false } },
      positional: { kind: "tuple", parameters: [objectFile] },
    },
    docs: {
      brief: "Show the programs, maps, variables and externs of an object file",
      fullDescription:
        "Reads the file only: no kernel is asked.\n\nEXAMPLE\n  ocelli bpf inspect probe.o --json | jq .programs",
    },
  },
);
