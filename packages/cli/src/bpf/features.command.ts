import { buildCommand, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import type { FeaturesFlags } from "./features.ts";

/** `ocelli bpf features`. */
export const featuresCommand: Command<CliContext> = buildCommand<FeaturesFlags, [], CliContext>({
  loader: async () => withContext((await import("./features.ts")).features),
  parameters: {
    flags: {
      helpers: {
        kind: "boolean",
        brief: "Also the helpers of each program type",
        default: false,
      },
      json: { kind: "boolean", brief: "Print JSON", default: false },
    },
  },
  docs: {
    brief: "Probe what this kernel's BPF can do",
    fullDescription:
      "Asks by trying: program types, map types, instruction sets, BTF kinds, links.\n\n" +
      "EXAMPLE\n  ocelli bpf features --json | jq .mapTypes",
  },
});
