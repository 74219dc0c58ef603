import type { Diagnostic } from "../diagnostic.ts";
import type { Instruction } from "./instruction.ts";
import { parseAssembly } from "./parse.ts";

/**
 * Instructions written in the program text: asm`r0 = 7; exit`. Numbers may be put in: asm`r1 = ${size} ll`. A literal that is wrong is a
 * mistake of the programmer's: throws `SyntaxError` with every diagnostic, one per line, each with its line in the text.
 */
export function asm(
  strings: TemplateStringsArray,
  ...values: readonly (number | bigint | string)[]
): Instruction[] {
  const text = String.raw(strings, ...values);
  const result = parseAssembly(text);
  if (result.ok) return result.value;
  const lines = result.diagnostics.map((diagnostic) => describe(diagnostic, text));
  throw new SyntaxError(lines.join("\n"));
}

function describe({ span, message, hint }: Diagnostic, text: string): string {
  const line = text.slice(0, span.offset).split("\n").length;
  return `line ${line}: ${message}. ${hint}`;
}
