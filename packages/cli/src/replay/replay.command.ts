import { buildCommand, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import type { ReplayFlags } from "./replay.ts";

/** `ocelli replay FILE.scap`. */
export const replayCommand: Command<CliContext> = buildCommand<ReplayFlags, [string], CliContext>({
  loader: async () => withContext((await import("./replay.ts")).replay),
  parameters: {
    flags: {
      rules: {
        kind: "parsed",
        parse: String,
        variadic: true,
        optional: true,
        brief: "Rule file or folder; give it several times for several, in order",
      },
      filter: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "Condition in Falco's language: only events for which it holds count",
      },
      fields: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "Fields to print of each event, separated by commas",
      },
      matching: {
        kind: "enum",
        values: ["first", "all"],
        brief: "Whether an event raises the first rule that holds, or all of them",
        default: "first",
      },
      json: { kind: "boolean", brief: "Print alerts and events as lines of JSON", default: false },
      stats: {
        kind: "boolean",
        brief: "Count events and alerts; the counts go to standard error",
        default: false,
      },
    },
    aliases: { r: "rules" },
    positional: {
      kind: "tuple",
      parameters: [
        { parse: String, placeholder: "FILE.scap", brief: "Capture of sysdig, Falco or Ocelli" },
      ],
    },
  },
  docs: {
    brief: "Play a capture: the alerts that rules raise, or its events",
    fullDescription: [
      "With rules it prints their alerts, as Falco does; with --json as Falco's lines of JSON. Without rules it prints",
      "events, with --fields the fields that are named. Captures may be compressed with gzip. A capture that is cut off or",
      "damaged is played up to there; the exit code then is 1.",
      "",
      "EXAMPLES",
      "  ocelli replay trace.scap -r falco_rules.yaml --stats",
      "  ocelli replay trace.scap --filter 'evt.type=execve' --fields evt.time,proc.cmdline,proc.pname",
    ].join("\n"),
  },
});
