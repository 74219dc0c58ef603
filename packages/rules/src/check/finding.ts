import type { TextSpan } from "../filter/ast.ts";

/** What is wrong with a condition that parses, or worth a remark. */
export interface Finding {
  readonly severity: "error" | "warning";
  /** `unknown` findings let a rule with `skip-if-unknown-filter` be skipped. */
  readonly kind: "unknown" | "type" | "value" | "regex" | "deprecated" | "unsafe-na";
  readonly span: TextSpan;
  readonly message: string;
  readonly hint: string;
}

/** An error about the form of a check or one of its values. */
export function errorFinding(
  kind: Finding["kind"],
  span: TextSpan,
  message: string,
  hint: string,
): Finding {
  return { severity: "error", kind, span, message, hint };
}
