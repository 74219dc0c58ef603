import type { Diagnostic } from "@ocelli/bpf";

/**
 * A diagnostic as a person reads it: where, what and why, the line with the place underlined, and what to do.
 *
 * ```
 * probe.bpf.ts:7:3: error[unchecked]: Cannot use this Ref<u64>: it may be undefined here
 *   7 |   value.add(1n);
 *     |   ^^^^^
 *   Check it first: if (!value) return …
 * ```
 *
 * `textOf` gives the text of an imported module, whose spans name it.
 */
export function formatSourceDiagnostic(
  file: string,
  text: string,
  diagnostic: Diagnostic,
  textOf: (file: string) => string | undefined = () => undefined,
): string {
  const { section } = diagnostic.span;
  const other = section === undefined ? undefined : textOf(section);
  if (section !== undefined && other !== undefined)
    return formatSourceDiagnostic(section, other, {
      ...diagnostic,
      span: { offset: diagnostic.span.offset, length: diagnostic.span.length },
    });
  const { code, severity, span, message, hint } = diagnostic;
  const start = text.lastIndexOf("\n", span.offset - 1) + 1;
  const end = text.indexOf("\n", span.offset);
  const line = text.slice(start, end < 0 ? text.length : end);
  const number = String(text.slice(0, span.offset).split("\n").length);
  const column = span.offset - start;
  const carets = "^".repeat(Math.max(1, Math.min(span.length, line.length - column)));
  const margin = " ".repeat(number.length);
  const rows = [
    `${file}:${number}:${column + 1}: ${severity}[${code}]: ${message}`,
    `  ${number} | ${line}`,
    `  ${margin} | ${line.slice(0, column).replaceAll(/[^\t]/g, " ")}${carets}`,
  ];
  if (hint !== "") rows.push(`  ${hint}`);
  return rows.join("\n");
}
