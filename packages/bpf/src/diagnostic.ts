/**
 * A place in an input: a run of bytes, counted from the start of the file or of the text that was read. `section`
 * names the ELF section when the input is an object file.
 */
export interface Span {
  readonly offset: number;
  readonly length: number;
  readonly section?: string;
}

/** What a parser has to say about one place of its input. It is data: nothing in this package throws on input. */
export interface Diagnostic {
  /** Stable, kebab-case, e.g. `elf-truncated`. A code never changes its meaning. */
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly span: Span;
  /** The action that failed and the state found, e.g. `Cannot read section 3: it ends at byte 900 of 512`. */
  readonly message: string;
  /** What to do about it, in the affirmative; empty when nothing can be done. */
  readonly hint: string;
}

/** What a parser returns: a value, perhaps with warnings, or the errors that kept it from giving one. */
export type Result<T> =
  | { readonly ok: true; readonly value: T; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Wraps a value that was read without a remark, or with the given warnings. */
export function success<T>(value: T, diagnostics: readonly Diagnostic[] = []): Result<T> {
  return { ok: true, value, diagnostics };
}

/** Wraps the error or errors that kept a value from being made. */
export function failure<T>(diagnostics: Diagnostic | readonly Diagnostic[]): Result<T> {
  return { ok: false, diagnostics: "code" in diagnostics ? [diagnostics] : diagnostics };
}

/** Makes an error diagnostic. */
export function errorAt(code: string, span: Span, message: string, hint = ""): Diagnostic {
  return { code, severity: "error", span, message, hint };
}

/** Makes a warning diagnostic. */
export function warningAt(code: string, span: Span, message: string, hint = ""): Diagnostic {
  return { code, severity: "warning", span, message, hint };
}

/** One line for a person: `error[elf-truncated] at byte 12 of section ".text": message. Hint: hint`. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { code, severity, span, message, hint } = diagnostic;
  const where = span.section === undefined ? "" : ` of section "${span.section}"`;
  const advice = hint === "" ? "" : `. ${hint}`;
  return `${severity}[${code}] at byte ${span.offset}${where}: ${message}${advice}`;
}
