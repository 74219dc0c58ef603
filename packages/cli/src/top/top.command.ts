import { buildCommand, numberParser, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import type { TopFlags } from "./top.ts";

/** `ocelli top`. */
export const topCommand: Command<CliContext> = buildCommand<TopFlags, [], CliContext>({
  loader: async () => withContext((await import("./top.ts")).top),
  parameters: {
    flags: {
      interval: {
        kind: "parsed",
        parse: numberParser,
        placeholder: "SECONDS",
        brief: "Time between pictures",
        default: "1",
      },
      for: {
        kind: "parsed",
        parse: numberParser,
        placeholder: "SECONDS",
        brief: "Stop after this time instead of on Ctrl-C",
        optional: true,
      },
      json: { kind: "boolean", brief: "Print one JSON line per interval", default: false },
    },
  },
  docs: {
    brief: "System calls by name and by process, refreshing until Ctrl-C",
    fullDescription:
      "Loads Ocelli's probe into the kernel, attaches it to tracepoints, and shows processes as they start and " +
      "system calls by name and by process. Needs root on Linux 5.10 or later. Nothing stays behind.\n\n" +
      "EXAMPLE\n  ocelli top --interval 2 --for 10 --json",
  },
});
