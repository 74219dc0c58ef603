import { existsSync, readFileSync } from "node:fs";

import { type Diagnostic, type Result } from "@ocelli/bpf";
import { compile, formatSourceDiagnostic, type CompiledModule } from "@ocelli/compiler/compile";
import { LinuxError } from "@ocelli/linux";
import { hostCompileOptions } from "@ocelli/load";

import { readInput } from "../input.ts";

/** A `.bpf.ts` file and what there is to say about it. */
export interface CheckedSource {
  readonly path: string;
  readonly text: string;
  readonly result: Result<unknown>;
}

/** A `.bpf.ts` file and what compiling it gave. */
export interface CompiledSource extends CheckedSource {
  readonly result: Result<CompiledModule>;
}

/** Compiles a file with the types and tracepoints of this machine, where it has them and the file asks for them. */
export async function compileSource(path: string): Promise<CompiledSource> {
  const text = new TextDecoder().decode(await readInput(path));
  const result = compile(text, hostCompileOptions(path));
  return { path, text, result };
}

/** The text of a module that another imports. */
function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** A machine without BTF or tracefs compiles what needs neither; the rest becomes diagnostics. */
export function orUndefined<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof LinuxError) return undefined;
    throw error;
  }
}

/** Diagnostics as a person reads them. */
export function formatDiagnostics({ path, text, result }: CheckedSource): string {
  return result.diagnostics
    .map((one) => `${formatSourceDiagnostic(path, text, one, textOf)}\n`)
    .join("\n");
}

/** Diagnostics as data: line and column count from 1. */
export function diagnosticsToJson({ path, text, result }: CheckedSource): readonly object[] {
  return result.diagnostics.map(({ code, severity, span, message, hint }: Diagnostic) => {
    const file = span.section ?? path;
    const whole = file === path ? text : (textOf(file) ?? "");
    const before = whole.slice(0, span.offset).split("\n");
    const column = (before.at(-1)?.length ?? 0) + 1;
    return { file, line: before.length, column, code, severity, message, hint, span };
  });
}
