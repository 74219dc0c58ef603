import type { Diagnostic } from "./diagnostic.ts";

/** Diagnostics that one input gets at most: a damaged one may give cause for one per instruction. */
export const MAX_DIAGNOSTICS = 1000;

/** Collects what a parser has to say in bounded memory. */
export interface DiagnosticList {
  /** How many were pushed, kept or not. */
  readonly found: number;
  /** How many of them were errors. */
  readonly errors: number;
  push(diagnostic: Diagnostic): void;
  /** Those that were kept, oldest first; where some were left out, one more says how many. */
  list(): readonly Diagnostic[];
}

/** Makes an empty list that keeps the first `limit` diagnostics, and the first error in any case. */
export function createDiagnosticList(limit: number = MAX_DIAGNOSTICS): DiagnosticList {
  const kept: Diagnostic[] = [];
  let found = 0;
  let errors = 0;
  let firstLeftOut: Diagnostic | undefined;
  let keptErrors = 0;
  return {
    get found() {
      return found;
    },
    get errors() {
      return errors;
    },
    push(diagnostic) {
      found += 1;
      const isError = diagnostic.severity === "error";
      if (isError) errors += 1;
      // A failure never comes without a reason.
      if (kept.length < limit || (isError && errors === 1)) {
        kept.push(diagnostic);
        if (isError) keptErrors += 1;
      } else firstLeftOut ??= diagnostic;
    },
    list() {
      if (firstLeftOut === undefined) return kept;
      const last: Diagnostic = {
        code: "diagnostics-left-out",
        severity: errors > keptErrors ? "error" : "warning",
        span: firstLeftOut.span,
        message: `Cannot list every problem: ${found - kept.length} more were found from here on`,
        hint: "Correct those above first: often one is the cause of the others",
      };
      return [...kept, last];
    },
  };
}
