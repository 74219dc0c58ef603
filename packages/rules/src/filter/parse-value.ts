import type {
  ArgumentListNode,
  FieldNode,
  LeftSide,
  NumberNode,
  TextNode,
  TransformerArgument,
  TransformerName,
  TransformerNode,
  ValueNode,
} from "./ast.ts";
import {
  descend,
  describeNext,
  fail,
  skipBlanks,
  spanFrom,
  take,
  takePattern,
  type Cursor,
} from "./cursor.ts";
import { takeQuotedText } from "./lex-text.ts";
import { TRANSFORMERS } from "./vocabulary.ts";

const FIELD_NAME = /[a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z][a-zA-Z0-9_]*)+/y;
const BARE_INDEX = /[^\][ "'\t\n\v\f\r]+/y;
const HEX = /0[xX][0-9a-zA-Z]+/y;
const DECIMAL = /[+-]?[0-9]+\.?[0-9]*(?:[eE][+-][0-9]+)?/y;

/** Reads a field or a transformer; undefined when neither starts here. */
export function takeLeftSide(cursor: Cursor): LeftSide | undefined {
  return takeField(cursor) ?? takeTransformer(cursor);
}

/** Reads a field with its index; undefined when none starts here. */
export function takeField(cursor: Cursor): FieldNode | undefined {
  const start = cursor.offset;
  const name = takePattern(cursor, FIELD_NAME);
  if (name === undefined) return undefined;
  const argument = takeIndex(cursor);
  const field: FieldNode = { kind: "field", span: spanFrom(cursor, start), name };
  return argument === undefined ? field : { ...field, argument };
}

/** Reads a number as it is written; undefined when none starts here. */
export function takeNumber(cursor: Cursor): NumberNode | undefined {
  const start = cursor.offset;
  const value = takePattern(cursor, HEX) ?? takePattern(cursor, DECIMAL);
  return value === undefined ? undefined : { kind: "number", span: spanFrom(cursor, start), value };
}

/** Reads a transformer with its arguments and index; undefined when none starts here. */
export function takeTransformer(cursor: Cursor): TransformerNode | undefined {
  const start = cursor.offset;
  const name = TRANSFORMERS.find((candidate) => take(cursor, `${candidate}(`));
  if (name === undefined) return undefined;
  descend(cursor);
  const args = [takeArgument(cursor, name)];
  skipBlanks(cursor);
  while (take(cursor, ",")) {
    args.push(takeArgument(cursor, name));
    skipBlanks(cursor);
  }
  closeTransformer(cursor, name);
  cursor.depth--;
  const index = takeIndex(cursor);
  const node: TransformerNode = {
    kind: "transformer",
    span: spanFrom(cursor, start),
    name,
    arguments: args,
  };
  return index === undefined ? node : { ...node, index };
}

/** Reads `val(field)` with its index; undefined when it does not start here. */
export function takeValueOfField(cursor: Cursor): ValueNode | undefined {
  const start = cursor.offset;
  if (!take(cursor, "val(")) return undefined;
  skipBlanks(cursor);
  const field = takeField(cursor);
  if (field === undefined) {
    fail(
      cursor,
      "filter-value-field",
      `Cannot read val(): a field must stand inside, ${describeNext(cursor)}`,
      "Write val(proc.pname), or put the transformer in place of val()",
    );
  }
  skipBlanks(cursor);
  closeTransformer(cursor, "val");
  const index = takeIndex(cursor);
  const node: ValueNode = { kind: "value", span: spanFrom(cursor, start), field };
  return index === undefined ? node : { ...node, index };
}

function closeTransformer(cursor: Cursor, name: string): void {
  if (take(cursor, ")")) return;
  fail(
    cursor,
    "filter-transformer-open",
    `Cannot read ${name}(): a ")" must close it, ${describeNext(cursor)}`,
    "Close the parenthesis after the last argument",
  );
}

function takeArgument(cursor: Cursor, name: TransformerName): TransformerArgument {
  skipBlanks(cursor);
  const argument = takeScalarArgument(cursor) ?? takeArgumentList(cursor);
  if (argument !== undefined) return argument;
  return fail(
    cursor,
    "filter-transformer-argument",
    `Cannot read the arguments of ${name}(): ${describeNext(cursor)}`,
    "Give a field, a transformer, a quoted text, a number, or a list of these in parentheses",
  );
}

function takeScalarArgument(
  cursor: Cursor,
): FieldNode | TransformerNode | TextNode | NumberNode | undefined {
  const start = cursor.offset;
  const left = takeLeftSide(cursor);
  if (left !== undefined) return left;
  const value = takeQuotedText(cursor);
  if (value !== undefined) return { kind: "text", span: spanFrom(cursor, start), value };
  return takeNumber(cursor);
}

function takeArgumentList(cursor: Cursor): ArgumentListNode | undefined {
  const start = cursor.offset;
  if (!take(cursor, "(")) return undefined;
  const items: (FieldNode | TransformerNode | TextNode | NumberNode)[] = [];
  skipBlanks(cursor);
  if (!take(cursor, ")")) {
    do {
      skipBlanks(cursor);
      const item = takeScalarArgument(cursor);
      if (item === undefined) {
        fail(
          cursor,
          "filter-list-argument",
          `Cannot read a list of arguments: ${describeNext(cursor)}`,
          "Give fields, transformers, quoted texts or numbers, with commas between them",
        );
      }
      items.push(item);
      skipBlanks(cursor);
    } while (take(cursor, ","));
    if (!take(cursor, ")")) {
      fail(
        cursor,
        "filter-list-open",
        `Cannot read a list of arguments: a ")" must close it, ${describeNext(cursor)}`,
        "Close the parenthesis after the last item",
      );
    }
  }
  return { kind: "argument-list", span: spanFrom(cursor, start), items };
}

/** Reads `[index]`: a quoted text, or a bare one without blanks; undefined when no bracket comes next. */
function takeIndex(cursor: Cursor): string | undefined {
  if (!take(cursor, "[")) return undefined;
  const index = takeQuotedText(cursor) ?? takePattern(cursor, BARE_INDEX);
  if (index === undefined) {
    fail(
      cursor,
      "filter-index",
      `Cannot read what stands in brackets: ${describeNext(cursor)}`,
      "Give a quoted text, or one without blanks, quotes and brackets",
    );
  }
  if (!take(cursor, "]")) {
    fail(
      cursor,
      "filter-index-open",
      `Cannot read what stands in brackets: a "]" must follow, ${describeNext(cursor)}`,
      "Close the bracket; quote what holds blanks or brackets",
    );
  }
  return index;
}
