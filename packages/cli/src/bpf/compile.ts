import { formatListing, writeCollection } from "@ocelli/bpf";
import type { CompiledModule } from "@ocelli/compiler/compile";

import type { CliContext } from "../context.ts";
import { EXIT, UsageError } from "../exit.ts";
import { writeOutput } from "../input.ts";
import { refuseInput } from "../output/refuse-input.ts";
import { compileSource, diagnosticsToJson, formatDiagnostics } from "./source.ts";

/** Flags of `ocelli bpf compile`. */
export interface CompileFlags {
  readonly out?: string;
  readonly emit: "o" | "asm" | "ir" | "dts";
  readonly json: boolean;
}

/** `ocelli bpf compile`. */
export async function compileCommandRun(
  context: CliContext,
  flags: CompileFlags,
  path: string,
): Promise<void> {
  const { stdout, stderr } = context.process;
  if (flags.emit === "dts") {
    const { writeTypes } = await import("../btf/types.ts");
    const out = flags.out === undefined ? {} : { out: flags.out };
    await writeTypes(context, { all: false, json: flags.json, ...out }, path);
    return;
  }
  const start = performance.now();
  const source = await compileSource(path);
  const { result } = source;
  const milliseconds = Math.round((performance.now() - start) * 10) / 10;
  if (!result.ok) {
    if (flags.json)
      stdout.write(`${JSON.stringify({ diagnostics: diagnosticsToJson(source) }, null, 2)}\n`);
    else stderr.write(formatDiagnostics(source));
    context.process.exitCode = EXIT.refused;
    return;
  }
  if (flags.emit !== "o" && flags.json)
    throw new UsageError("Cannot use --json with --emit asm or ir: these are texts of their own");
  if (flags.emit === "o") await writeObject(path, flags, result.value);
  else await writeText(context, flags, result.value);
  if (!flags.json) return;
  const programs = result.value.programs.map(({ name, instructions, stackBytes }) => ({
    name,
    instructions,
    stack_bytes: stackBytes,
  }));
  const report = { programs, milliseconds, diagnostics: diagnosticsToJson(source) };
  stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}

async function writeObject(
  path: string,
  { out }: CompileFlags,
  { collection }: CompiledModule,
): Promise<void> {
  const written = writeCollection(collection);
  if (!written.ok) throw refuseInput(path, written.diagnostics);
  await writeOutput(out ?? `${path.replace(/(?:\.bpf)?\.ts$/, "")}.bpf.o`, written.value);
}

async function writeText(
  { process }: CliContext,
  { out, emit }: CompileFlags,
  module: CompiledModule,
): Promise<void> {
  const { collection, programs } = module;
  const text =
    emit === "ir"
      ? programs.map(({ ir }) => ir).join("\n")
      : [...collection.programs.values()]
          .map(({ instructions }) => formatListing(instructions))
          .join("\n");
  if (out === undefined) process.stdout.write(text);
  else await writeOutput(out, text);
}
