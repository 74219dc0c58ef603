import { buildCommand, numberParser, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import { objectFile } from "../input.ts";
import type { AttachFlags } from "./attach.ts";

/** `ocelli bpf attach FILE.o`. */
export const attachCommand: Command<CliContext> = buildCommand<AttachFlags, [string], CliContext>({
  loader: async () => withContext((await import("./attach.ts")).attachObject),
  parameters: {
    flags: {
      interface: {
        kind: "parsed",
        parse: String,
        placeholder: "NAME",
        brief: "Network interface for XDP and tc programs",
        optional: true,
      },
      cgroup: {
        kind: "parsed",
        parse: String,
        placeholder: "DIR",
        brief: "Folder of the cgroup for cgroup programs",
        optional: true,
      },
      pid: {
        kind: "parsed",
        parse: numberParser,
        placeholder: "PID",
        brief: "Only this process, for uprobes and USDT",
        optional: true,
      },
      interval: {
        kind: "parsed",
        parse: numberParser,
        placeholder: "SECONDS",
        brief: "Print the contents of maps this often; 0 only at the end",
        default: "0",
      },
      for: {
        kind: "parsed",
        parse: numberParser,
        placeholder: "SECONDS",
        brief: "Detach after this time instead of on Ctrl-C",
        optional: true,
      },
      json: { kind: "boolean", brief: "Print JSON lines", default: false },
    },
    aliases: { i: "interface", p: "pid" },
    positional: { kind: "tuple", parameters: [objectFile] },
  },
  docs: {
    brief: "Attach every program by its section name and print what it reports",
    fullDescription:
      "Prints ring and perf buffer records as they come and the contents of maps at the end. Ctrl-C detaches.\n\n" +
      "EXAMPLE\n  ocelli bpf attach xdp_count.o -i lo --interval 1",
  },
});
