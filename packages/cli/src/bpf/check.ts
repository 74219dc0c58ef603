import type { CliContext } from "../context.ts";
import { EXIT } from "../exit.ts";
import { compileSource, diagnosticsToJson, formatDiagnostics } from "./source.ts";

/** Flags of `ocelli bpf check`. */
export interface CheckFlags {
  readonly json: boolean;
}

/** `ocelli bpf check`. */
export async function check(
  { process }: CliContext,
  { json }: CheckFlags,
  ...paths: readonly string[]
): Promise<void> {
  const sources = await Promise.all(paths.map((path) => compileSource(path)));
  const text = json
    ? `${JSON.stringify(
        sources.flatMap((source) => diagnosticsToJson(source)),
        null,
        2,
      )}\n`
    : sources
        .map((source) => formatDiagnostics(source))
        .filter((one) => one !== "")
        .join("\n");
  process.stdout.write(text);
  if (sources.some(({ result }) => !result.ok)) process.exitCode = EXIT.refused;
}
