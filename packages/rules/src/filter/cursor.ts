import type { TextSpan } from "./ast.ts";

/** Where a parser stands in a text. One per parse, moved forward by the functions of this folder. */
export interface Cursor {
  readonly text: string;
  offset: number;
  /** How many parentheses and transformers are open. */
  depth: number;
  readonly maxDepth: number;
}

/** Ends a parse from inside; `parseFilter` catches it and nothing else sees it. */
export class FilterSyntaxError extends Error {
  readonly code: string;
  readonly offset: number;
  readonly hint: string;

  constructor(code: string, offset: number, message: string, hint: string) {
    super(message);
    this.code = code;
    this.offset = offset;
    this.hint = hint;
  }
}

/** Stops the parse where the cursor stands. */
export function fail(cursor: Cursor, code: string, message: string, hint: string): never {
  throw new FilterSyntaxError(code, cursor.offset, message, hint);
}

/** Steps over blanks; says whether there was one. */
export function skipBlanks(cursor: Cursor): boolean {
  const start = cursor.offset;
  for (;;) {
    const code = cursor.text.charCodeAt(cursor.offset);
    // blank, tab, backspace, carriage return, line feed
    if (code !== 32 && code !== 9 && code !== 8 && code !== 13 && code !== 10) break;
    cursor.offset++;
  }
  return cursor.offset > start;
}

/** Steps over `token` when it comes next. */
export function take(cursor: Cursor, token: string): boolean {
  if (!cursor.text.startsWith(token, cursor.offset)) return false;
  cursor.offset += token.length;
  return true;
}

/** Steps over what `pattern` (sticky) matches, and gives it. */
export function takePattern(cursor: Cursor, pattern: RegExp): string | undefined {
  pattern.lastIndex = cursor.offset;
  const found = pattern.exec(cursor.text)?.[0];
  if (found !== undefined) cursor.offset += found.length;
  return found;
}

/** The characters from `start` to where the cursor stands. */
export function spanFrom(cursor: Cursor, start: number): TextSpan {
  return { offset: start, length: cursor.offset - start };
}

/** Opens one level of nesting, or stops the parse when there are too many. */
export function descend(cursor: Cursor): void {
  if (++cursor.depth >= cursor.maxDepth) {
    fail(
      cursor,
      "filter-too-deep",
      `Cannot read the condition as it nests deeper than ${cursor.maxDepth} levels`,
      "Move inner parts to macros",
    );
  }
}

/** What comes next, for messages: at most 20 characters, quoted, or the end of the text. */
export function describeNext(cursor: Cursor): string {
  if (cursor.offset >= cursor.text.length) return "the condition ends";
  const rest = cursor.text.slice(cursor.offset, cursor.offset + 20);
  return `found ${JSON.stringify(rest)}`;
}
