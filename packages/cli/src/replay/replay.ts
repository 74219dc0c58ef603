import { hostname } from "node:os";
import { performance } from "node:perf_hooks";

import { formatDiagnostic } from "@ocelli/bpf";
import { createCaptureProvider, ScapReader, type CaptureEvent } from "@ocelli/capture";
import {
  checkCondition,
  createMatcher,
  createRuleEngine,
  eventTypesOf,
  formatAlertJson,
  formatAlertText,
  formatRuleDiagnostic,
  parseFilter,
  remarksOf,
  type MatchRule,
  type RuleEngine,
} from "@ocelli/rules";

import type { CliContext } from "../context.ts";
import { EXIT, RefusedError, UsageError } from "../exit.ts";
import { readRuleFiles } from "../rules/rule-files.ts";
import { eventPrinter } from "./event-printer.ts";
import { feedCapture } from "./open-capture.ts";
import { statsJson, statsText } from "./replay-stats.ts";
import { wantedTypes } from "./wanted-types.ts";

/** Flags of `ocelli replay`. */
export interface ReplayFlags {
  readonly rules?: readonly string[];
  readonly filter?: string;
  readonly fields?: string;
  readonly matching: "first" | "all";
  readonly json: boolean;
  readonly stats: boolean;
}

// Output is written in pieces of this many characters: a write for each line would cost more than the event.
const PIECE = 64 << 10;

/** `ocelli replay`: exits with 1 when the capture is cut off or damaged. */
export async function replay(context: CliContext, flags: ReplayFlags, path: string): Promise<void> {
  const started = performance.now();
  const provider = createCaptureProvider();
  const { stdout, stderr } = context.process;
  const output = new PiecedOutput((text) => stdout.write(text));
  const filter = flags.filter === undefined ? undefined : readFilter(flags.filter);
  const matcher = filter === undefined ? undefined : createMatcher([filter], provider);
  const engine = flags.rules === undefined ? undefined : await loadEngine(flags, flags.rules);
  const print = engine === undefined ? eventPrinter(flags.fields, flags.json, provider) : undefined;
  if (engine !== undefined && flags.fields !== undefined)
    throw new UsageError(
      "Cannot use --fields with rules: the output of each rule says what it shows",
    );

  const format = { hostname: context.process.env?.["FALCO_HOSTNAME"] ?? hostname() };
  const write = flags.json ? formatAlertJson : formatAlertText;
  let matched = 0;
  const wanted = wantedTypes(
    engine?.rules().map(({ eventTypes }) => eventTypes) ?? [
      filter?.eventTypes ?? { names: new Set(), complement: true },
    ],
    provider,
  );
  const reader = new ScapReader((event) => {
    if (matcher !== undefined && matcher.match(event) === 0) return;
    matched++;
    if (engine === undefined) output.add(print?.(event) ?? "");
    else for (const alert of engine.process(event)) output.add(`${write(alert, format)}\n`);
  }, wanted);

  const signal = context.interrupted();
  const shown = stderr.isTTY;
  for await (const { bytes, total } of feedCapture(path, reader, signal)) {
    output.flush();
    if (shown && total !== undefined)
      stderr.write(
        `\r${Math.floor((bytes / total) * 100)} %, ${reader.counts.events} events \u001b[K`,
      );
  }
  output.flush();
  if (shown) stderr.write("\r\u001b[K");
  for (const diagnostic of reader.diagnostics) stderr.write(`${formatDiagnostic(diagnostic)}\n`);
  if (flags.stats) {
    const seconds = (performance.now() - started) / 1000;
    const rules = engine?.statistics().rules ?? [];
    const all = filter === undefined;
    const stats = {
      counts: reader.counts,
      seconds,
      matched: all ? reader.counts.events : matched,
      rules,
    };
    stderr.write(flags.json ? statsJson(stats) : statsText(stats));
  }
  if (reader.diagnostics.some(({ severity }) => severity === "error"))
    context.process.exitCode = EXIT.refused;
}

function readFilter(text: string): MatchRule {
  const parsed = parseFilter(text);
  if (!parsed.ok)
    throw new UsageError(
      `Cannot use --filter: ${parsed.diagnostics.map(formatDiagnostic).join("\n")}`,
    );
  const errors = checkCondition(parsed.value).filter(({ severity }) => severity === "error");
  if (errors.length > 0)
    throw new UsageError(`Cannot use --filter: ${errors.map(({ message }) => message).join("\n")}`);
  return { condition: parsed.value, eventTypes: eventTypesOf(parsed.value) };
}

async function loadEngine(
  flags: ReplayFlags,
  paths: readonly string[],
): Promise<RuleEngine<CaptureEvent>> {
  const engine = createRuleEngine([createCaptureProvider()], {
    matching: flags.matching,
    appendOutput: [{ suggestedOutput: false }],
  });
  const result = engine.load(await readRuleFiles(paths));
  if (result.ok) return engine;
  const errors = remarksOf(result).filter(({ severity }) => severity === "error");
  throw new RefusedError(`Cannot load the rules:\n${errors.map(formatRuleDiagnostic).join("\n")}`);
}

class PiecedOutput {
  readonly #write: (text: string) => void;
  #pending = "";

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  add(text: string): void {
    this.#pending += text;
    if (this.#pending.length >= PIECE) this.flush();
  }

  flush(): void {
    if (this.#pending !== "") this.#write(this.#pending);
    this.#pending = "";
  }
}
