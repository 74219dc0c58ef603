import { buildCommand, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import { sourceFile } from "../input.ts";
import type { CheckFlags } from "./check.ts";

/** `ocelli bpf check FILE.bpf.ts…`. */
export const checkCommand: Command<CliContext> = buildCommand<CheckFlags, string[], CliContext>({
  loader: async () => withContext((await import("./check.ts")).check),
  parameters: {
    flags: { json: { kind: "boolean", brief: "Print JSON", default: false } },
    positional: { kind: "array", parameter: sourceFile, minimum: 1 },
  },
  docs: {
    brief: "Say what is wrong with kernel programs in TypeScript, without writing anything",
    fullDescription:
      "Nothing of the files is run.\n\nEXAMPLE\n  ocelli bpf check probe.bpf.ts --json",
  },
});
