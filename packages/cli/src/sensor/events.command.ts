import { buildCommand, numberParser, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import type { EventsFlags } from "./events.ts";

/** `ocelli events`. */
export const eventsCommand: Command<CliContext> = buildCommand<EventsFlags, [], CliContext>({
  loader: async () => withContext((await import("./events.ts")).events),
  parameters: {
    flags: {
      kind: {
        kind: "parsed",
        parse: String,
        placeholder: "NAME",
        brief: "Only this event, e.g. openat or procexit; may be given several times",
        optional: true,
        variadic: true,
      },
      pid: {
        kind: "parsed",
        parse: numberParser,
        placeholder: "PID",
        brief: "Only this process",
        optional: true,
      },
      comm: {
        kind: "parsed",
        parse: String,
        placeholder: "NAME",
        brief: "Only processes of this name",
        optional: true,
      },
      container: {
        kind: "parsed",
        parse: String,
        placeholder: "ID",
        brief: "Only this container, by the beginning of its id; host for what runs outside",
        optional: true,
      },
      failed: { kind: "boolean", brief: "Only calls that failed", default: false },
      fields: {
        kind: "parsed",
        parse: String,
        placeholder: "LIST",
        brief: "Fields to print, with commas between them, as ocelli rules fields lists them",
        optional: true,
      },
      for: {
        kind: "parsed",
        parse: numberParser,
        placeholder: "SECONDS",
        brief: "Stop after this time instead of on Ctrl-C",
        optional: true,
      },
      json: { kind: "boolean", brief: "Print one JSON line per event", default: false },
    },
    aliases: { k: "kind", p: "pid" },
  },
  docs: {
    brief: "Print what happens on this host as it happens, like strace for all of it",
    fullDescription:
      "Watches system calls with their arguments as the kernel saw them at their end, programs that start, and processes " +
      "that end, until Ctrl-C. Needs root on Linux 5.10 or later.\n\n" +
      "EXAMPLE\n  ocelli events --kind execve --kind connect\n" +
      "  ocelli events --comm nginx --failed --fields evt.time,proc.pid,evt.type,evt.args,evt.res",
  },
});
