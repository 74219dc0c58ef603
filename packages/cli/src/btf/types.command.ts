import { buildCommand, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import { sourceFile } from "../input.ts";
import type { TypesFlags } from "./types.ts";

/** `ocelli btf types FILE.bpf.ts…`. */
export const typesCommand: Command<CliContext> = buildCommand<TypesFlags, string[], CliContext>({
  loader: async () => withContext((await import("./types.ts")).writeTypes),
  parameters: {
    flags: {
      out: {
        kind: "parsed",
        parse: String,
        placeholder: "FILE.d.ts",
        brief: "Where to write; the standard output by default",
        optional: true,
      },
      btf: {
        kind: "parsed",
        parse: String,
        placeholder: "FILE",
        brief: "Raw BTF or an object file with BTF; the running kernel's types by default",
        optional: true,
      },
      type: {
        kind: "parsed",
        parse: String,
        placeholder: "NAME",
        brief:
          "A kernel struct to declare beside those that the hooks reach; may be given several times",
        optional: true,
        variadic: true,
      },
      all: {
        kind: "boolean",
        brief: "Every member of the structs, not only those that the sources name",
        default: false,
      },
      json: { kind: "boolean", brief: "Print what is wrong as JSON", default: false },
    },
    aliases: { o: "out" },
    positional: { kind: "array", parameter: sourceFile, minimum: 1 },
  },
  docs: {
    brief: "Declare the hooks and kernel types that kernel programs in TypeScript name",
    fullDescription:
      "Run it again after naming a new hook or member; the editor then knows their types.\n\nEXAMPLE\n  ocelli btf types probe.bpf.ts -o vmlinux.gen.d.ts",
  },
});
