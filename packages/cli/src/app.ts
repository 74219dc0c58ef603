import { buildApplication, buildRouteMap, text_en, type Application } from "@stricli/core";

import { disasmCommand } from "./bpf/disasm.command.ts";
import { inspectCommand } from "./bpf/inspect.command.ts";
import { runCommand } from "./bpf/run.command.ts";
import { dumpCommand } from "./btf/dump.command.ts";
import type { CliContext } from "./context.ts";
import { EXIT, UsageError } from "./exit.ts";
import { describeError } from "./output/errors.ts";
import { startCommand } from "./start/start.command.ts";

const bpf = buildRouteMap<string, CliContext>({
  routes: {
    inspect: inspectCommand,
    disasm: disasmCommand,
    run: runCommand,
  },
  docs: {
    brief: "Inspect and run BPF object files",
    fullDescription: [
      "Works on any BPF object file: clang's, bpftool's, Ocelli's own. No compiler and no libbpf is needed.",
      "",
      "EXAMPLES",
      "  ocelli bpf inspect probe.o                 programs, maps, variables and what they need",
      "  ocelli bpf disasm probe.o handle_exec      instructions with their source lines",
      "  ocelli bpf run probe.o --program parse --data 0x4500 --repeat 1000",
    ].join("\n"),
  },
});

const btf = buildRouteMap<string, CliContext>({
  routes: { dump: dumpCommand },
  docs: {
    brief: "Print kernel and object types as C or JSON",
    fullDescription: [
      "EXAMPLES",
      "  ocelli btf dump > vmlinux.h                       all types of the running kernel",
      "  ocelli btf dump --type task_struct              one type and what it needs",
      "  ocelli btf dump probe.o --format json             the types of an object file",
    ].join("\n"),
  },
});

const root = buildRouteMap<string, CliContext>({
  routes: { start: startCommand, bpf, btf },
  docs: {
    brief: "Watch a Linux host through eBPF",
    fullDescription: [
      "Three eyes on a Linux host: network, security, performance.",
      "",
      "EXAMPLES",
      "  ocelli start                     live table of processes and system calls (root)",
      "  ocelli bpf inspect probe.o       what an object file holds",
      "  ocelli btf dump --type sock      a kernel type",
      "",
      "Exit codes: 0 done, 1 refused by the kernel or the data, 2 wrong use.",
    ].join("\n"),
  },
});

/** The whole command line, ready to run. */
export const app: Application<CliContext> = buildApplication(root, {
  name: "ocelli",
  versionInfo: { currentVersion: "0.1.0" },
  scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
  documentation: { useAliasInUsageLine: true, caseStyle: "convert-camel-to-kebab" },
  determineExitCode: (error) => (error instanceof UsageError ? EXIT.usage : EXIT.refused),
  localization: {
    loadText: () => ({
      ...text_en,
      exceptionWhileRunningCommand: describeError,
      commandErrorResult: describeError,
    }),
  },
});
