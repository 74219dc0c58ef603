import { formatDiagnostic, type Diagnostic } from "@ocelli/bpf";

const SHOWN = 3;

/**
 * Diagnostics as one line for the end of an error message: the first three, errors before warnings, and how many more
 * there are. A broken input may have a thousand, of which most follow from the first.
 */
export function summarizeDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const others = diagnostics.filter(({ severity }) => severity !== "error");
  const shown = [...errors, ...others].slice(0, SHOWN).map(formatDiagnostic);
  const more = diagnostics.length - shown.length;
  return more === 0 ? shown.join("; ") : `${shown.join("; ")}; and ${more} more`;
}
