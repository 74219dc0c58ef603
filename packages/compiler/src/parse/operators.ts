import type { BinaryOperator } from "./ast.ts";

const BINARY: ReadonlySet<string> = new Set<BinaryOperator>([
  "+",
  "-",
  "*",
  "/",
  "%",
  "&",
  "|",
  "^",
  "<<",
  ">>",
  ">>>",
  "===",
  "!==",
  "<",
  "<=",
  ">",
  ">=",
]);

/** Whether an operator of JavaScript is one of the language. */
export function isBinaryOperator(operator: string): operator is BinaryOperator {
  return BINARY.has(operator);
}
