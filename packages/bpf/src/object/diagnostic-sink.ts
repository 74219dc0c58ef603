import { errorAt, warningAt, type Diagnostic, type Span } from "../diagnostic.ts";
import { addDiagnostic, createDiagnosticList, listDiagnostics } from "../diagnostic-list.ts";

/** After so many errors the reader stops: a damaged file says the same thing thousands of times. */
const MAX_ERRORS = 50;

/** Collects what the parts of a reader have to say, a limited number of remarks. */
export interface DiagnosticSink {
  readonly list: readonly Diagnostic[];
  /** Whether there is an error among them. */
  readonly failed: boolean;
  /** Whether so much is wrong that reading on makes no sense. */
  readonly full: boolean;
  error(code: string, span: Span, message: string, hint?: string): void;
  warn(code: string, span: Span, message: string, hint?: string): void;
  /** Takes over what another parser said, shifted by `base` bytes. */
  take(diagnostics: readonly Diagnostic[], base?: number): void;
}

/** Makes an empty sink. */
export function createDiagnosticSink(): DiagnosticSink {
  const kept = createDiagnosticList(MAX_ERRORS);
  return {
    get list() {
      return listDiagnostics(kept);
    },
    get failed() {
      return kept.errors > 0;
    },
    get full() {
      return kept.errors >= MAX_ERRORS;
    },
    error(code, span, message, hint) {
      addDiagnostic(kept, errorAt(code, span, message, hint));
    },
    warn(code, span, message, hint) {
      addDiagnostic(kept, warningAt(code, span, message, hint));
    },
    take(diagnostics, base = 0) {
      for (const diagnostic of diagnostics) {
        const { span } = diagnostic;
        addDiagnostic(kept, { ...diagnostic, span: { ...span, offset: span.offset + base } });
      }
    },
  };
}
