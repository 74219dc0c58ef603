import { buildCommand, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import type { ExecFlags } from "./exec.ts";

/** `ocelli bpf exec [MEMORY] --engine ENGINE`. */
export const execCommand: Command<CliContext> = buildCommand<
  ExecFlags,
  [string | undefined],
  CliContext
>({
  loader: async () => withContext((await import("./exec.ts")).exec),
  parameters: {
    flags: {
      engine: {
        kind: "enum",
        values: ["interpreter", "jit", "kernel"],
        brief: "What runs it: two engines without a kernel, or BPF_PROG_TEST_RUN (root)",
        default: "jit",
      },
      elf: {
        kind: "boolean",
        brief: "Standard input has an ELF file, whose first section of code is run",
        default: false,
      },
    },
    positional: {
      kind: "tuple",
      parameters: [
        {
          parse: String,
          placeholder: "MEMORY",
          brief: "Bytes that r1 points to, hexadecimal; r2 is their number",
          optional: true,
        },
      ],
    },
  },
  docs: {
    brief: "Run bytecode from standard input and print r0",
    fullDescription:
      "Takes hexadecimal bytes of instructions on standard input and prints r0 in hexadecimal: a plug-in of the bpf_conformance suite.\n\n" +
      'EXAMPLE\n  ocelli bpf exec "11 22" --engine jit < bytecode.hex',
  },
});
