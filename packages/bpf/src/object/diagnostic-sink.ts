import { errorAt, warningAt, type Diagnostic, type Span } from "../diagnostic.ts";

/** After so many remarks the reader stops: a damaged file says the same thing thousands of times. */
const MAX_DIAGNOSTICS = 50;

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
  const list: Diagnostic[] = [];
  let errors = 0;
  const add = (diagnostic: Diagnostic): void => {
    if (diagnostic.severity === "error") errors += 1;
    // An error always finds a place, so that a failure never comes without a reason.
    if (list.length < MAX_DIAGNOSTICS || (diagnostic.severity === "error" && errors === 1))
      list.push(diagnostic);
  };
  return {
    list,
    get failed() {
      return errors > 0;
    },
    get full() {
      return errors >= MAX_DIAGNOSTICS;
    },
    error: (code, span, message, hint) => add(errorAt(code, span, message, hint)),
    warn: (code, span, message, hint) => add(warningAt(code, span, message, hint)),
    take(diagnostics, base = 0) {
      for (const diagnostic of diagnostics) {
        const { span } = diagnostic;
        add({ ...diagnostic, span: { ...span, offset: span.offset + base } });
      }
    },
  };
}
