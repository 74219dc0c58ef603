import { declareKernel, type DeclareOptions } from "@ocelli/compiler/compile";
import { kernelTypes, readTracepointFormat } from "@ocelli/linux";

import {
  diagnosticsToJson,
  formatDiagnostics,
  orUndefined,
  type CheckedSource,
} from "../bpf/source.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit.ts";
import { readInput, writeOutput } from "../input.ts";
import { openTypes } from "./dump.ts";

/** Flags of `ocelli btf types`. */
export interface TypesFlags {
  readonly out?: string;
  readonly btf?: string;
  readonly type?: readonly string[];
  readonly all: boolean;
  readonly json: boolean;
}

/** `ocelli btf types`. */
export async function writeTypes(
  { process }: CliContext,
  flags: TypesFlags,
  ...paths: readonly string[]
): Promise<void> {
  const { out, btf, type = [], all, json } = flags;
  const kernel = btf === undefined ? orUndefined(() => kernelTypes().kernel) : await openTypes(btf);
  const options: DeclareOptions = {
    kernel,
    tracepointFormat: (name) => orUndefined(() => readTracepointFormat(name)),
    types: type,
    all,
  };
  const decoder = new TextDecoder();
  const texts = await Promise.all(paths.map(async (path) => decoder.decode(await readInput(path))));
  const result = declareKernel(texts, options);
  if (result.ok) {
    if (out === undefined) process.stdout.write(result.value);
    else await writeOutput(out, result.value);
    return;
  }
  // Each source alone, so that the places are those of its own text.
  const checked = texts.map((text, index): CheckedSource => ({
    path: paths[index] ?? "",
    text,
    result: declareKernel([text], options),
  }));
  if (json) {
    const found = checked.flatMap((source) => diagnosticsToJson(source));
    process.stdout.write(`${JSON.stringify({ diagnostics: found }, null, 2)}\n`);
  } else process.stderr.write(checked.map((source) => formatDiagnostics(source)).join(""));
  process.exitCode = EXIT.refused;
}
