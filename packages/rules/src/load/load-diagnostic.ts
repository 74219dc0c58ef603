import type { Diagnostic } from "@ocelli/bpf";

/** Falco's codes of what keeps a file from loading. */
export type LoadErrorCode =
  | "LOAD_ERR_FILE_READ"
  | "LOAD_ERR_YAML_PARSE"
  | "LOAD_ERR_YAML_VALIDATE"
  | "LOAD_ERR_COMPILE_CONDITION"
  | "LOAD_ERR_COMPILE_OUTPUT"
  | "LOAD_ERR_VALIDATE"
  | "LOAD_ERR_EXTENSION";

/** Falco's codes of what is worth a remark. */
export type LoadWarningCode =
  | "LOAD_UNKNOWN_SOURCE"
  | "LOAD_UNSAFE_NA_CHECK"
  | "LOAD_NO_EVTTYPE"
  | "LOAD_UNKNOWN_FILTER"
  | "LOAD_UNUSED_MACRO"
  | "LOAD_UNUSED_LIST"
  | "LOAD_UNKNOWN_ITEM"
  | "LOAD_DEPRECATED_ITEM"
  | "LOAD_WARNING_EXTENSION"
  | "LOAD_APPEND_NO_VALUES"
  | "LOAD_EXCEPTION_NAME_NOT_UNIQUE"
  | "LOAD_INVALID_MACRO_NAME"
  | "LOAD_INVALID_LIST_NAME"
  | "LOAD_COMPILE_CONDITION"
  | "LOAD_UNKNOWN_KEY";

/** What kind of thing a step of a path is, in Falco's words. */
export type PathKind =
  | "rules content"
  | "rules content item"
  | "required_engine_version"
  | "required plugin versions"
  | "required plugin versions entry"
  | "required plugin versions alternative"
  | "list"
  | "list item"
  | "macro"
  | "macro condition"
  | "rule"
  | "rule condition"
  | "rule output"
  | "rule priority"
  | "condition expression"
  | "exceptions"
  | "exception"
  | "exception values"
  | "exception value"
  | "overrides"
  | "value for";

/** One step on the way from a file to the culprit, e.g. rule "x" or value for "priority". Lines and columns from 0. */
export interface PathStep {
  readonly kind: PathKind;
  readonly name: string;
  /** The file; for a condition expression the start of its text, quoted. */
  readonly where: string;
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** What loading has to say: a diagnostic that knows its file, its line and column (from 1) and the road to it. */
export interface RuleDiagnostic extends Diagnostic {
  readonly code: LoadErrorCode | LoadWarningCode;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** From the whole file to the culprit. */
  readonly path: readonly PathStep[];
}

/** Two lines for a person: `file:line:column: error[CODE] rule "x": message` and, indented, what to do. */
export function formatRuleDiagnostic(diagnostic: RuleDiagnostic): string {
  const { file, line, column, severity, code, message, hint, path } = diagnostic;
  const road = path
    .slice(1)
    .filter((step) => step.kind !== "condition expression")
    .map((step) => (step.name === "" ? step.kind : `${step.kind} "${step.name}"`))
    .join(", ");
  const head = `${file}:${line}:${column}: ${severity}[${code}] ${road === "" ? "" : `${road}: `}${message}`;
  return hint === "" ? head : `${head}\n  ${hint}`;
}
