import { buildCommand, numberParser, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import type { StartFlags } from "./start.ts";

/** `ocelli start`. */
export const startCommand: Command<CliContext> = buildCommand<StartFlags, [], CliContext>({
  loader: async () => withContext((await import("./start.ts")).start),
  parameters: {
    flags: {
      config: {
        kind: "parsed",
        parse: String,
        placeholder: "FILE.yaml",
        brief: "Configuration; see ocelli config",
        optional: true,
      },
      port: {
        kind: "parsed",
        parse: numberParser,
        placeholder: "PORT",
        brief: "Port of the page, instead of the configuration's",
        optional: true,
      },
      replay: {
        kind: "parsed",
        parse: String,
        placeholder: "FILE",
        brief: "Show a recording instead of this host",
        optional: true,
      },
      page: {
        kind: "boolean",
        brief: "Serve the page; --no-page serves API and metrics alone",
        default: true,
      },
      for: {
        kind: "parsed",
        parse: numberParser,
        placeholder: "SECONDS",
        brief: "Stop after this time instead of on Ctrl-C",
        optional: true,
      },
    },
  },
  docs: {
    brief: "Run the agent: watch this host, check rules, serve the page",
    fullDescription:
      "Watches processes and system calls through eBPF, checks every event against rules in Falco's language, and serves a page, an API " +
      "and metrics on this host's loopback, until Ctrl-C. Without root, or where there is no Linux, it shows a recording that " +
      "comes with it. Nothing stays behind in the kernel.\n\n" +
      "EXAMPLE\n  ocelli start --config ocelli.yaml --port 7400",
  },
});
