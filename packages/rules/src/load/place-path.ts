import { LineCounter } from "yaml";

import type {
  LoadErrorCode,
  LoadWarningCode,
  PathKind,
  PathStep,
  RuleDiagnostic,
} from "./load-diagnostic.ts";

/** A file being read: its name, its text and where its lines start. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
  readonly lines: LineCounter;
}

/** The road from a file to a place in it, step by step; offsets count characters until a diagnostic is made. */
export interface PlacePath {
  readonly source: SourceText;
  readonly kind: PathKind;
  readonly name: string;
  readonly offset: number;
  readonly parent?: PlacePath;
  /** Set when the place lies in a condition: its text, and Falco's way to count from the condition's start. */
  readonly expression?: {
    readonly text: string;
    readonly offset: number;
    readonly line: number;
    readonly column: number;
  };
}

/** The road to a whole file. */
export function filePath(file: string, text: string): PlacePath {
  return {
    source: { file, text, lines: new LineCounter() },
    kind: "rules content",
    name: "",
    offset: 0,
  };
}

/** The road one step further. */
export function stepTo(parent: PlacePath, kind: PathKind, name: string, offset: number): PlacePath {
  return { source: parent.source, kind, name, offset, parent };
}

/** Ends the reading of one item from inside; the loader catches it and nothing else sees it. */
export class LoadProblem extends Error {
  readonly code: LoadErrorCode;
  readonly path: PlacePath;
  readonly hint: string;

  constructor(code: LoadErrorCode, message: string, path: PlacePath, hint: string) {
    super(message);
    this.code = code;
    this.path = path;
    this.hint = hint;
  }
}

/** Makes the diagnostic of an error or a warning at the end of a road. */
export function diagnosticAt(
  code: LoadErrorCode | LoadWarningCode,
  message: string,
  path: PlacePath,
  hint: string,
): RuleDiagnostic {
  const steps: PathStep[] = [];
  for (let step: PlacePath | undefined = path; step !== undefined; step = step.parent)
    steps.unshift(describeStep(step));
  let inFile = path;
  while (inFile.expression !== undefined && inFile.parent !== undefined) inFile = inFile.parent;
  const place = placeOf(inFile);
  return {
    code,
    severity: code.startsWith("LOAD_ERR_") ? "error" : "warning",
    span: { offset: place.offset, length: 0 },
    message,
    hint,
    file: path.source.file,
    line: place.line + 1,
    column: place.column + 1,
    path: steps,
  };
}

function describeStep(step: PlacePath): PathStep {
  const { kind, name, source, expression, parent } = step;
  if (expression === undefined || parent === undefined)
    return { kind, name, where: source.file, ...placeOf(step) };
  const start = placeOf(parent);
  return {
    kind,
    name,
    where: snippet(expression.text),
    offset: start.offset + expression.offset,
    line: start.line + expression.line,
    column: start.column + expression.column,
  };
}

function snippet(text: string): string {
  const start = text.length > 20 ? `${text.slice(0, 17)}...` : text;
  return `"${start.replaceAll(/[\n\r]/g, " ")}"`;
}

/** Line and column from 0, the offset in bytes as YAML readers count it. */
function placeOf({ source, offset, kind }: PlacePath): {
  offset: number;
  line: number;
  column: number;
} {
  if (kind === "rules content") return { offset: 0, line: 0, column: 0 };
  const { line, col } = source.lines.linePos(offset);
  return {
    offset: utf8Length(source.text, offset),
    line: Math.max(line - 1, 0),
    column: Math.max(col - 1, 0),
  };
}

/** Bytes of the first `end` characters in UTF-8. */
function utf8Length(text: string, end: number): number {
  let bytes = 0;
  for (let index = 0; index < end; index++) {
    const code = text.charCodeAt(index);
    // Each half of a surrogate pair counts for two of the pair's four bytes.
    bytes += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 2 : 3;
  }
  return bytes;
}
