import { buildCommand, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import type { DumpFlags } from "./dump.ts";

/** `ocelli btf dump [FILE]`. */
export const dumpCommand: Command<CliContext> = buildCommand<
  DumpFlags,
  [string | undefined],
  CliContext
>({
  loader: async () => withContext((await import("./dump.ts")).dump),
  parameters: {
    flags: {
      type: {
        kind: "parsed",
        parse: String,
        placeholder: "NAME",
        brief: "Only this type and what it needs; may be given several times",
        optional: true,
        variadic: true,
      },
      format: {
        kind: "enum",
        values: ["c", "ts", "json"],
        brief: "C header, TypeScript declarations, or JSON",
        default: "c",
      },
    },
    positional: {
      kind: "tuple",
      parameters: [
        {
          parse: String,
          placeholder: "FILE",
          brief: "Object file or raw BTF; the running kernel's types when left out",
          optional: true,
        },
      ],
    },
  },
  docs: {
    brief: "Print types as C, TypeScript or JSON",
    fullDescription: "EXAMPLE\n  ocelli btf dump --type task_struct --type sock --format ts",
  },
});
