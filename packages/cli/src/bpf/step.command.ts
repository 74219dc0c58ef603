import { buildCommand, numberParser, type Command } from "@stricli/core";

import { withContext, type CliContext } from "../context.ts";
import { objectFile } from "../input.ts";
import type { StepFlags } from "./step.ts";

/** `ocelli bpf step FILE.o --program NAME`. */
export const stepCommand: Command<CliContext> = buildCommand<StepFlags, [string], CliContext>({
  loader: async () => withContext((await import("./step.ts")).step),
  parameters: {
    flags: {
      program: {
        kind: "parsed",
        parse: String,
        placeholder: "NAME",
        brief: "The program to step through; may be left out where there is one",
        optional: true,
      },
      data: {
        kind: "parsed",
        parse: String,
        placeholder: "HEX|@FILE",
        brief: "Packet, for programs that see one",
        optional: true,
      },
      context: {
        kind: "parsed",
        parse: String,
        placeholder: "HEX|@FILE",
        brief: "Context, for program types that take one",
        optional: true,
      },
      most: {
        kind: "parsed",
        parse: numberParser,
        placeholder: "N",
        brief: "With --json: steps to print at most",
        default: "10000",
      },
      json: {
        kind: "boolean",
        brief: "Print every step as a line of JSON and end, in place of asking",
        default: false,
      },
    },
    positional: { kind: "tuple", parameters: [objectFile] },
  },
  docs: {
    brief: "Step through a program without a kernel: registers, memory, source lines",
    fullDescription:
      "Reads commands from standard input, one a line:\n" +
      "  s [N]            one step, or N (an empty line repeats the last command)\n" +
      "  n                to the next source line\n" +
      "  c                to the end, or to a breakpoint\n" +
      "  b SLOT|LINE      stop at a slot of the program, or at a line written :N\n" +
      "  r                registers\n" +
      "  m ADDRESS [N]    N bytes of memory; ADDRESS is a number or a register such as r10-16\n" +
      "  w                where: the callers\n" +
      "  l                the instructions around\n" +
      "  restart, q\n\n" +
      "EXAMPLE\n  ocelli bpf step filter.o --program drop_udp --data @packet.bin --json",
  },
});
