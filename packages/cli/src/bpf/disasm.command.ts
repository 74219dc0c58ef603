import { buildCommand, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import { objectFile } from "../input.ts";
import type { DisasmFlags } from "./disasm.ts";

/** `ocelli bpf disasm FILE.o [PROGRAM]`. */
export const disasmCommand: Command<CliContext> = buildCommand<
  DisasmFlags,
  [string, string | undefined],
  CliContext
>({
  loader: async () => withContext((await import("./disasm.ts")).disasm),
  parameters: {
    flags: {
      notation: {
        kind: "enum",
        values: ["kernel", "llvm"],
        brief: "Notation of bpftool (kernel) or of llvm-objdump (llvm)",
        default: "kernel",
      },
    },
    positional: {
      kind: "tuple",
      parameters: [
        objectFile,
        {
          parse: String,
          placeholder: "PROGRAM",
          brief: "Only this program or function",
          optional: true,
        },
      ],
    },
  },
  docs: {
    brief: "Print instructions with labels, source lines and relocations",
    fullDescription: "EXAMPLE\n  ocelli bpf disasm probe.o handle_exec --notation llvm",
  },
});
