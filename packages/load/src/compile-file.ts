import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { OcelliError, type Diagnostic, type Result } from "@ocelli/bpf";
import {
  compile,
  formatSourceDiagnostic,
  type CompiledModule,
  type CompileOptions,
} from "@ocelli/compiler/compile";
import { kernelTypes, LinuxError, readTracepointFormat } from "@ocelli/linux";

/** A `.bpf.ts` file and what compiling it gave. */
export interface CompiledFile {
  readonly path: string;
  readonly text: string;
  readonly result: Result<CompiledModule>;
}

/** What this machine knows for compiling a file: its types and tracepoints, where it has them, its processor, and files beside it. */
export function hostCompileOptions(file: string): CompileOptions {
  return {
    file,
    get kernel() {
      return orUndefined(() => kernelTypes().kernel);
    },
    tracepointFormat: (name) => orUndefined(() => readTracepointFormat(name)),
    arch: process.arch === "arm64" ? "arm64" : "x86-64",
    readModule(from, importer) {
      const path = join(dirname(importer), from);
      const text = textOfFile(path);
      return text === undefined ? undefined : { file: path, text };
    },
  };
}

/** Compiles a file with the types and tracepoints of this machine, where it has them and the file asks for them. */
export function compileFile(path: string): CompiledFile {
  const text = readFileSync(path, "utf8");
  return { path, text, result: compile(text, hostCompileOptions(path)) };
}

/** The text of a file; `undefined` when there is none. */
function textOfFile(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** A machine without BTF or tracefs compiles what needs neither; the rest becomes diagnostics. */
function orUndefined<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof LinuxError) return undefined;
    throw error;
  }
}

/** A module that cannot be loaded: its source is refused by the compiler, or is not known. */
export class ModuleError extends OcelliError<"refused" | "unknown-source"> {
  /** What the compiler said. Spans are offsets in the source. */
  readonly diagnostics: readonly Diagnostic[];

  /** Made by `load()`. */
  constructor(
    code: "refused" | "unknown-source",
    message: string,
    diagnostics: readonly Diagnostic[] = [],
  ) {
    super(code, message);
    this.diagnostics = diagnostics;
  }
}

/** The compiled module of a file. Throws `ModuleError` with every diagnostic at its line. */
export function compiledModule(file: CompiledFile): CompiledModule {
  const { path, text, result } = file;
  if (result.ok) return result.value;
  const words = result.diagnostics.map((one) =>
    formatSourceDiagnostic(path, text, one, textOfFile),
  );
  throw new ModuleError(
    "refused",
    `Cannot compile "${path}":\n${words.join("\n")}`,
    result.diagnostics,
  );
}
