import { buildCommand, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import { sourceFile } from "../input.ts";
import type { CompileFlags } from "./compile.ts";

/** `ocelli bpf compile FILE.bpf.ts`. */
export const compileCommand: Command<CliContext> = buildCommand<CompileFlags, [string], CliContext>(
  {
    loader: async () => withContext((await import("./compile.ts")).compileCommandRun),
    parameters: {
      flags: {
        out: {
          kind: "parsed",
          parse: String,
          placeholder: "OUT.o",
          brief:
            "Where to write; FILE.bpf.o beside the source, and texts to the standard output by default",
          optional: true,
        },
        emit: {
          kind: "enum",
          values: ["o", "asm", "ir", "dts"],
          brief:
            "An object file, the programs as assembly or in the compiler's own language, or declarations of what they name",
          default: "o",
        },
        json: { kind: "boolean", brief: "Print programs, sizes and time as JSON", default: false },
      },
      aliases: { o: "out" },
      positional: { kind: "tuple", parameters: [sourceFile] },
    },
    docs: {
      brief: "Compile kernel programs in TypeScript to a BPF object file",
      fullDescription:
        "Nothing of the file is run, and neither clang nor LLVM is needed.\n\nEXAMPLE\n  ocelli bpf compile probe.bpf.ts -o probe.o --json",
    },
  },
);
