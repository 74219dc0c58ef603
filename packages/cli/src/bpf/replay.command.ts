import { buildCommand, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import { objectFile } from "../input.ts";
import type { ReplayFlags } from "./replay.ts";

/** `ocelli bpf replay FILE.o --program NAME --pcap IN`. */
export const replayCommand: Command<CliContext> = buildCommand<ReplayFlags, [string], CliContext>({
  loader: async () => withContext((await import("./replay.ts")).replay),
  parameters: {
    flags: {
      program: {
        kind: "parsed",
        parse: String,
        placeholder: "NAME",
        brief: "The program to show packets to: XDP, tc, socket filter or cgroup_skb",
      },
      pcap: {
        kind: "parsed",
        parse: String,
        placeholder: "FILE",
        brief: "The capture: .pcap or .pcapng, compressed by gzip or not",
      },
      write: {
        kind: "parsed",
        parse: String,
        placeholder: "FILE",
        brief:
          "Where packets go that the program lets through, rewritten; .pcap, .pcapng or either with .gz",
        optional: true,
      },
      engine: {
        kind: "enum",
        values: ["interpreter", "jit"],
        brief: "What runs the program",
        default: "jit",
      },
      json: { kind: "boolean", brief: "Print JSON", default: false },
    },
    positional: { kind: "tuple", parameters: [objectFile] },
  },
  docs: {
    brief: "Run a program over every packet of a capture, without a kernel and without root",
    fullDescription:
      "Prints how many packets got which verdict and what the maps hold at the end. The clock of the program follows the packets.\n\n" +
      "EXAMPLE\n  ocelli bpf replay filter.o --program drop_udp --pcap traffic.pcapng --write passed.pcap --json",
  },
});
