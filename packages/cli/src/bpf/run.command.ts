import { buildCommand, numberParser, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import { objectFile } from "../input.ts";
import type { RunFlags } from "./run.ts";

/** `ocelli bpf run FILE.o --program NAME`. */
export const runCommand: Command<CliContext> = buildCommand<RunFlags, [string], CliContext>({
  loader: async () => withContext((await import("./run.ts")).run),
  parameters: {
    flags: {
      program: { kind: "parsed", parse: String, placeholder: "NAME", brief: "The program to run" },
      data: {
        kind: "parsed",
        parse: String,
        placeholder: "HEX|@FILE",
        brief: "Packet or input: hexadecimal digits, or a file after @",
        optional: true,
      },
      context: {
        kind: "parsed",
        parse: String,
        placeholder: "HEX|@FILE",
        brief: "Context, for program types that take one",
        optional: true,
      },
      repeat: {
        kind: "parsed",
        parse: numberParser,
        placeholder: "N",
        brief: "Runs in a row; ns_per_run is their mean",
        default: "1",
      },
      engine: {
        kind: "enum",
        values: ["kernel", "interpreter", "jit"],
        brief: "What runs it: BPF_PROG_TEST_RUN (root), or an engine that needs no kernel",
        default: "kernel",
      },
      json: { kind: "boolean", brief: "Print JSON", default: false },
    },
    positional: { kind: "tuple", parameters: [objectFile] },
  },
  docs: {
    brief: "Run one program once or many times, in the kernel or without one, attaching nothing",
    fullDescription:
      "Loads the object and runs the program on the input, by BPF_PROG_TEST_RUN or in an engine of our own: prints retval, data and ns_per_run.\n\n" +
      "EXAMPLE\n  ocelli bpf run filter.o --program drop_udp --data @packet.bin --repeat 1000 --json",
  },
});
