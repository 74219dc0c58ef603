import { buildApplication, buildRouteMap, text_en, type Application } from "@stricli/core";

import { attachCommand } from "./bpf/attach.command.ts";
import { checkCommand as checkProgramsCommand } from "./bpf/check.command.ts";
import { compileCommand } from "./bpf/compile.command.ts";
import { disasmCommand } from "./bpf/disasm.command.ts";
import { execCommand } from "./bpf/exec.command.ts";
import { featuresCommand } from "./bpf/features.command.ts";
import { inspectCommand } from "./bpf/inspect.command.ts";
import { replayCommand as replayProgramCommand } from "./bpf/replay.command.ts";
import { runCommand } from "./bpf/run.command.ts";
import { stepCommand } from "./bpf/step.command.ts";
import { verifyCommand } from "./bpf/verify.command.ts";
import { dumpCommand } from "./btf/dump.command.ts";
import { typesCommand } from "./btf/types.command.ts";
import { checkConfigCommand, printConfigCommand } from "./config/config.command.ts";
import type { CliContext } from "./context.ts";
import { EXIT, UsageError } from "./exit.ts";
import { describeError } from "./output/errors.ts";
import { observeCommand } from "./observe/observe.command.ts";
import { replayCommand } from "./replay/replay.command.ts";
import { checkCommand } from "./rules/check.command.ts";
import { explainCommand } from "./rules/explain.command.ts";
import { fieldsCommand } from "./rules/fields.command.ts";
import { listCommand } from "./rules/list.command.ts";
import { testCommand } from "./rules/test.command.ts";
import { serveCommand } from "./serve/serve.command.ts";
import { eventsCommand } from "./sensor/events.command.ts";
import { psCommand } from "./sensor/ps.command.ts";
import { startCommand } from "./start/start.command.ts";
import { topCommand } from "./top/top.command.ts";

const bpf = buildRouteMap<string, CliContext>({
  routes: {
    compile: compileCommand,
    check: checkProgramsCommand,
    inspect: inspectCommand,
    disasm: disasmCommand,
    verify: verifyCommand,
    run: runCommand,
    replay: replayProgramCommand,
    step: stepCommand,
    attach: attachCommand,
    exec: execCommand,
    features: featuresCommand,
  },
  docs: {
    brief: "Inspect, run and attach BPF object files; probe the kernel",
    fullDescription: [
      "Works on any BPF object file: clang's, bpftool's, Ocelli's own. No compiler and no libbpf is needed.",
      "",
      "EXAMPLES",
      "  ocelli bpf inspect probe.o                 programs, maps, variables and what they need",
      "  ocelli bpf disasm probe.o handle_exec      instructions with their source lines",
      "  ocelli bpf verify probe.o                  whether each program is safe, and if not why, no root",
      "  ocelli bpf run probe.o --program parse --data 0x4500 --repeat 1000",
      "  ocelli bpf replay probe.o --program parse --pcap traffic.pcap    every packet of a capture, no root",
      "  ocelli bpf step probe.o --program parse --data @packet.bin      instruction by instruction, no root",
      "  ocelli bpf exec < bytecode.hex             run bytecode without a kernel, print r0",
      "  ocelli bpf attach probe.o                  attach everything, print records until Ctrl-C",
      "  ocelli bpf features                        what this kernel can do",
    ].join("\n"),
  },
});

const btf = buildRouteMap<string, CliContext>({
  routes: { dump: dumpCommand, types: typesCommand },
  docs: {
    brief: "Print kernel and object types as C, TypeScript or JSON; declare what programs need",
    fullDescription: [
      "EXAMPLES",
      "  ocelli btf dump > vmlinux.h                       all types of the running kernel",
      "  ocelli btf dump --type task_struct --format ts    one type and what it needs, as TypeScript",
      "  ocelli btf dump probe.o --format json             the types of an object file",
      "  ocelli btf types probe.bpf.ts -o vmlinux.gen.d.ts what an editor needs to check a kernel program",
    ].join("\n"),
  },
});

const rules = buildRouteMap<string, CliContext>({
  routes: {
    check: checkCommand,
    list: listCommand,
    fields: fieldsCommand,
    explain: explainCommand,
    test: testCommand,
  },
  docs: {
    brief: "Check, list, explain and test rule files in Falco's language",
    fullDescription: [
      "EXAMPLES",
      "  ocelli rules check falco_rules.yaml my_rules.yaml    what is wrong, where, and what to do",
      "  ocelli rules list /etc/falco/rules.d                 the rules that a folder defines",
      "  ocelli rules fields                                  what conditions and outputs can use",
      "  ocelli rules explain falco_rules.yaml                which rules can never fire, and why",
      "  ocelli rules test rules/tests                        captures and events, and the alerts they must raise",
    ].join("\n"),
  },
});

const config = buildRouteMap<string, CliContext>({
  routes: { check: checkConfigCommand, print: printConfigCommand },
  docs: {
    brief: "Check and print the agent's configuration",
    fullDescription: [
      "EXAMPLES",
      "  ocelli config print > ocelli.yaml    every key with its default and its meaning",
      "  ocelli config check ocelli.yaml      what is wrong, where, and the nearest name",
    ].join("\n"),
  },
});

const root = buildRouteMap<string, CliContext>({
  routes: {
    start: startCommand,
    events: eventsCommand,
    ps: psCommand,
    top: topCommand,
    observe: observeCommand,
    replay: replayCommand,
    serve: serveCommand,
    bpf,
    btf,
    rules,
    config,
  },
  docs: {
    brief: "Watch a Linux host through eBPF",
    fullDescription: [
      "Three eyes on a Linux host: network, security, performance.",
      "",
      "EXAMPLES",
      "  ocelli start                     the agent with its page (root, or a recording)",
      "  ocelli events --kind execve      programs as they are started, on the whole host (root)",
      "  ocelli ps                        the process tree with users and containers",
      "  ocelli top                       live table of processes and system calls (root)",
      "  ocelli bpf inspect probe.o       what an object file holds",
      "  ocelli btf dump --type sock      a kernel type",
      "  ocelli rules check rules.yaml    what is wrong with a rule file",
      "  ocelli observe --verdict DROPPED flows of a Hubble server, with hubble's flags",
      "  ocelli replay trace.scap -r rules.yaml   the alerts of a recorded capture",
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
