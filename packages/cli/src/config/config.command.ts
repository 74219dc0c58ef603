import { buildCommand, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import type { ConfigFlags } from "./config.ts";

const positional = {
  kind: "tuple",
  parameters: [{ parse: String, placeholder: "FILE.yaml", brief: "Configuration", optional: true }],
} as const;
const flags = {
  json: { kind: "boolean", brief: "Print JSON", default: false },
} as const;

/** `ocelli config check`. */
export const checkConfigCommand: Command<CliContext> = buildCommand<
  ConfigFlags,
  [string?],
  CliContext
>({
  loader: async () => withContext((await import("./config.ts")).checkConfig),
  parameters: { flags, positional },
  docs: {
    brief: "Say what is wrong with a configuration: line, column, and the nearest key",
    fullDescription: "EXAMPLE\n  ocelli config check ocelli.yaml",
  },
});

/** `ocelli config print`. */
export const printConfigCommand: Command<CliContext> = buildCommand<
  ConfigFlags,
  [string?],
  CliContext
>({
  loader: async () => withContext((await import("./config.ts")).printConfig),
  parameters: { flags, positional },
  docs: {
    brief: "Print every key with its value and meaning, as a file to start from",
    fullDescription: "EXAMPLE\n  ocelli config print > ocelli.yaml",
  },
});
