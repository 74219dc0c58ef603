import type { Diagnostic } from "./diagnostic.ts";

/** Diagnostics that one input gets at most: a damaged one may give cause for one per instruction. */
export const MAX_DIAGNOSTICS = 1000;

/** What a parser has to say, in bounded memory. Plain data: every piece of code that is decoded has one. */
export interface DiagnosticList {
  readonly limit: number;
  readonly kept: Diagnostic[];
  /** How many were added, kept or not. */
  found: number;
  /** How many of them were errors. */
  errors: number;
  firstLeftOut: Diagnostic | undefined;
  errorsLeftOut: number;
}

/** Makes an empty list that keeps the first `limit` diagnostics, and the first error in any case. */
export function createDiagnosticList(limit: number = MAX_DIAGNOSTICS): DiagnosticList {
  return { limit, kept: [], found: 0, errors: 0, firstLeftOut: undefined, errorsLeftOut: 0 };
}

/** Adds one, or counts it where the list is full. */
export function addDiagnostic(list: DiagnosticList, diagnostic: Diagnostic): void {
  const isError = diagnostic.severity === "error";
  list.found += 1;
  if (isError) list.errors += 1;
  // A failure never comes without a reason.
  if (list.kept.length < list.limit || (isError && list.errors === 1)) {
    list.kept.push(diagnostic);
    return;
  }
  list.firstLeftOut ??= diagnostic;
  if (isError) list.errorsLeftOut += 1;
}

/** Those that were kept, oldest first; where some were left out, one more says how many. */
export function listDiagnostics(list: DiagnosticList): readonly Diagnostic[] {
  const { kept, found, firstLeftOut, errorsLeftOut } = list;
  if (firstLeftOut === undefined) return kept;
  const last: Diagnostic = {
    code: "diagnostics-left-out",
    severity: errorsLeftOut > 0 ? "error" : "warning",
    span: firstLeftOut.span,
    message: `Cannot list every problem: ${found - kept.length} more were found from here on`,
    hint: "Correct those above first: often one is the cause of the others",
  };
  return [...kept, last];
}
