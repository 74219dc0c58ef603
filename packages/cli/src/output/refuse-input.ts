import { formatDiagnostic, type Diagnostic } from "@ocelli/bpf";

import { RefusedError } from "../exit.ts";

/** The diagnostics of an input that cannot be used, one a line, under a sentence that names the file. */
export function refuseInput(path: string, diagnostics: readonly Diagnostic[]): RefusedError {
  const lines = diagnostics.map((diagnostic) => `  ${formatDiagnostic(diagnostic)}`);
  return new RefusedError(`Cannot read "${path}":\n${lines.join("\n")}`);
}
