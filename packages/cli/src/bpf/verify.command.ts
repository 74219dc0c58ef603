import { buildCommand, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import type { VerifyFlags } from "./verify.ts";

/** `ocelli bpf verify FILE.o|FILE.bpf.ts`. */
export const verifyCommand: Command<CliContext> = buildCommand<VerifyFlags, [string], CliContext>({
  loader: async () => withContext((await import("./verify.ts")).verifyFile),
  parameters: {
    flags: {
      engine: {
        kind: "enum",
        values: ["vm", "kernel"],
        brief:
          "Who judges: our verifier, without root; or the running kernel, which loads each program",
        default: "vm",
      },
      program: {
        kind: "parsed",
        parse: String,
        placeholder: "NAME",
        brief: "Only this program",
        optional: true,
      },
      json: { kind: "boolean", brief: "Print JSON", default: false },
    },
    positional: {
      kind: "tuple",
      parameters: [
        {
          parse: String,
          placeholder: "FILE",
          brief: "BPF object file, or a kernel program in TypeScript (.bpf.ts)",
        },
      ],
    },
  },
  docs: {
    brief: "Say of each program whether it is safe, and if not why, where, and what to change",
    fullDescription:
      "Our verifier follows Linux 6.18 and says no where it knows less; it uses the running kernel's types where there are any. Exits with 1 when a program is not accepted.\n\n" +
      "EXAMPLE\n  ocelli bpf verify probe.o --json",
  },
});
