import { release } from "node:os";

import {
  formatDiagnostic,
  readCollection,
  type CollectionSpec,
  type CoreTargets,
  type ProgramSpec,
} from "@ocelli/bpf";
import {
  kernelTypes,
  LinuxError,
  loadCollection,
  readConfiguration,
  VerifierError,
} from "@ocelli/linux";
import { formatVerifyReport, verifyProgram } from "@ocelli/vm";

import type { CliContext } from "../context.ts";
import { EXIT, RefusedError, UsageError } from "../exit.ts";
import { readInput } from "../input.ts";
import { refuseInput } from "../output/refuse-input.ts";
import { compileSource, formatDiagnostics } from "./source.ts";

/** Flags of `ocelli bpf verify`. */
export interface VerifyFlags {
  readonly engine: "vm" | "kernel";
  readonly program?: string | undefined;
  readonly json: boolean;
}

/** What was said of one program. `slot` and `line` are absent where nothing tells them. */
interface Judged {
  readonly program: string;
  readonly section: string;
  readonly accepted: boolean;
  readonly code?: string | undefined;
  readonly reason?: string | undefined;
  readonly hint?: string | undefined;
  readonly slot?: number | undefined;
  readonly source?:
    | {
        readonly file?: string | undefined;
        readonly line?: number | undefined;
        readonly text: string;
      }
    | undefined;
  readonly processed?: number;
  /** For people. */
  readonly report: string;
}

/** `ocelli bpf verify`. */
export async function verifyFile(
  context: CliContext,
  flags: VerifyFlags,
  path: string,
): Promise<void> {
  const spec = await openProgram(context, path);
  const programs = [...spec.programs.values()].filter(
    ({ name }) => flags.program === undefined || flags.program === name,
  );
  if (programs.length === 0)
    throw new UsageError(
      `No program${flags.program === undefined ? "" : ` "${flags.program}"`} in ${path}: there are ${[...spec.programs.keys()].join(", ") || "none"}`,
    );
  const types = runningTypes();
  const kconfig =
    types === undefined || spec.kconfig.size === 0 ? undefined : runningConfiguration();
  const judged = programs.map((program) =>
    flags.engine === "kernel" ? askKernel(spec, program) : askOurs(spec, program, types, kconfig),
  );
  const { stdout } = context.process;
  if (flags.json) {
    // The report says what the other fields do, in words.
    const text = JSON.stringify(
      judged,
      (key, value: unknown) => (key === "report" ? undefined : value),
      2,
    );
    stdout.write(`${text}\n`);
  } else for (const { report } of judged) stdout.write(report);
  if (judged.some(({ accepted }) => !accepted)) context.process.exitCode = EXIT.refused;
}

async function openProgram(context: CliContext, path: string): Promise<CollectionSpec> {
  if (path.endsWith(".ts")) {
    const source = await compileSource(path);
    if (!source.result.ok) throw new RefusedError(formatDiagnostics(source).trimEnd());
    return source.result.value.collection;
  }
  const result = readCollection(await readInput(path));
  if (!result.ok) throw refuseInput(path, result.diagnostics);
  for (const warning of result.diagnostics)
    context.process.stderr.write(`${formatDiagnostic(warning)}\n`);
  return result.value;
}

function runningTypes(): CoreTargets | undefined {
  try {
    return kernelTypes();
  } catch (error) {
    if (error instanceof LinuxError) return undefined;
    throw error;
  }
}

/** The running kernel's configuration, and what it says of itself: programs see all of it as constants. */
function runningConfiguration(): ReadonlyMap<string, string> {
  const [major = 0, minor = 0, patch = 0] = release().split(/[.+-]/).map(Number);
  const version = (major << 16) | (minor << 8) | Math.min(patch, 255);
  return new Map([...(readConfiguration() ?? []), ["LINUX_KERNEL_VERSION", String(version)]]);
}

function askOurs(
  spec: CollectionSpec,
  program: ProgramSpec,
  types: CoreTargets | undefined,
  kconfig: ReadonlyMap<string, string> | undefined,
): Judged {
  const { name, section } = program;
  const verified = verifyProgram(spec, program, { types, kconfig });
  const { processed } = verified;
  if (verified.ok)
    return {
      program: name,
      section,
      accepted: true,
      processed,
      report: `${name}: accepted, ${processed} instructions processed\n`,
    };
  const { code, message, hint, slot, source } = verified.report;
  return {
    program: name,
    section,
    accepted: false,
    code,
    reason: message,
    hint,
    slot,
    source,
    processed,
    report: `${name}: not accepted\n${indent(formatVerifyReport(verified.report))}`,
  };
}

function askKernel(spec: CollectionSpec, program: ProgramSpec): Judged {
  const { name, section } = program;
  try {
    using _collection = loadCollection(spec, { programs: (one) => one.name === name });
    return { program: name, section, accepted: true, report: `${name}: accepted by the kernel\n` };
  } catch (error) {
    if (!(error instanceof VerifierError)) throw error;
    const { reason, hint, instruction, source } = error;
    const where =
      source === undefined ? "" : `  ${source.file ?? "?"}:${source.line ?? "?"}: ${source.text}\n`;
    return {
      program: name,
      section,
      accepted: false,
      reason,
      hint: hint === "" ? undefined : hint,
      slot: instruction?.index,
      source,
      report: `${name}: not accepted by the kernel\n  ${reason}\n${where}${hint === "" ? "" : `  ${hint}\n`}`,
    };
  }
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}
