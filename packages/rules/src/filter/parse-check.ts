import type {
  BinaryOperator,
  CompareNode,
  ExistsNode,
  LeftSide,
  ListNode,
  Modifier,
  NameNode,
  RightSide,
  TextNode,
  TransformerNode,
  ValueNode,
} from "./ast.ts";
import {
  describeNext,
  fail,
  skipBlanks,
  spanFrom,
  take,
  takePattern,
  type Cursor,
} from "./cursor.ts";
import { takeBareText, takeQuotedText } from "./lex-text.ts";
import { takeNumber, takeTransformer, takeValueOfField } from "./parse-value.ts";
import { LIST_OPERATORS, MODIFIERS, NUMBER_OPERATORS, TEXT_OPERATORS } from "./vocabulary.ts";

const IDENTIFIER = /[a-zA-Z][a-zA-Z0-9_]*/y;
const VALUE_HINT = "To compare with another field write val(field) or a transformer";

/** Reads the rest of a check whose left side was read from `start` on. */
export function takeCheck(cursor: Cursor, left: LeftSide, start: number): ExistsNode | CompareNode {
  skipBlanks(cursor);
  if (take(cursor, "exists")) return { kind: "exists", span: spanFrom(cursor, start), left };
  const numeric = NUMBER_OPERATORS.find((operator) => take(cursor, operator));
  if (numeric !== undefined) return compare(cursor, start, left, numeric, takeNumberSide(cursor));
  const textual = TEXT_OPERATORS.find((operator) => takeTextOperator(cursor, operator));
  if (textual !== undefined) {
    const modified = takeModified(cursor);
    if (modified === undefined) return compare(cursor, start, left, textual, takeTextSide(cursor));
    return { ...compare(cursor, start, left, textual, modified[1]), modifier: modified[0] };
  }
  const listing = LIST_OPERATORS.find((operator) => take(cursor, operator));
  if (listing !== undefined) return compare(cursor, start, left, listing, takeListSide(cursor));
  return fail(
    cursor,
    "filter-operator",
    `Cannot read a check: an operator must follow the field, ${describeNext(cursor)}`,
    `Use exists, ${[...NUMBER_OPERATORS, ...TEXT_OPERATORS, ...LIST_OPERATORS].join(", ")}; a blank must follow an operator that is a word`,
  );
}

/** Reads a word: the name of a macro or of a list. */
export function takeIdentifier(cursor: Cursor): string | undefined {
  return takePattern(cursor, IDENTIFIER);
}

function compare(
  cursor: Cursor,
  start: number,
  left: LeftSide,
  operator: BinaryOperator,
  right: RightSide,
): CompareNode {
  return { kind: "compare", span: spanFrom(cursor, start), left, operator, right };
}

/** Signs stand for themselves, words want a blank after them. */
function takeTextOperator(cursor: Cursor, operator: string): boolean {
  const start = cursor.offset;
  if (!take(cursor, operator)) return false;
  if (operator.endsWith("=")) return true;
  if (skipBlanks(cursor)) {
    cursor.offset = start + operator.length;
    return true;
  }
  cursor.offset = start;
  return false;
}

/** `oneof (a, b)` or `oneof name`; undefined and nothing read when the word is a mere text. */
function takeModified(cursor: Cursor): [Modifier, ListNode | NameNode] | undefined {
  const start = cursor.offset;
  if (skipBlanks(cursor)) {
    const modifier = MODIFIERS.find((word) => take(cursor, word));
    if (modifier !== undefined && skipBlanks(cursor)) {
      const list = takeList(cursor);
      if (list !== undefined) return [modifier, list];
      const nameStart = cursor.offset;
      const name = takeIdentifier(cursor);
      if (name !== undefined && name !== "and" && name !== "or")
        return [modifier, { kind: "name", span: spanFrom(cursor, nameStart), name }];
    }
  }
  cursor.offset = start;
  return undefined;
}

function takeFieldSide(cursor: Cursor): ValueNode | TransformerNode | undefined {
  return takeValueOfField(cursor) ?? takeTransformer(cursor);
}

function takeNumberSide(cursor: Cursor): RightSide {
  skipBlanks(cursor);
  return (
    takeFieldSide(cursor) ??
    takeNumber(cursor) ??
    fail(
      cursor,
      "filter-number",
      `Cannot read a check: a number must follow the operator, ${describeNext(cursor)}`,
      VALUE_HINT,
    )
  );
}

function takeTextSide(cursor: Cursor): RightSide {
  skipBlanks(cursor);
  return (
    takeFieldSide(cursor) ??
    takeText(cursor) ??
    fail(
      cursor,
      "filter-text",
      `Cannot read a check: a text must follow the operator, ${describeNext(cursor)}`,
      `Close every quote. ${VALUE_HINT}`,
    )
  );
}

function takeListSide(cursor: Cursor): RightSide {
  skipBlanks(cursor);
  const side = takeList(cursor) ?? takeFieldSide(cursor);
  if (side !== undefined) return side;
  const start = cursor.offset;
  const name = takeIdentifier(cursor);
  if (name !== undefined) return { kind: "name", span: spanFrom(cursor, start), name };
  return fail(
    cursor,
    "filter-list",
    `Cannot read a check: a list must follow the operator, ${describeNext(cursor)}`,
    `Write the values in parentheses, or the name of a list. ${VALUE_HINT}`,
  );
}

function takeText(cursor: Cursor): TextNode | undefined {
  const start = cursor.offset;
  const value = takeQuotedText(cursor) ?? takeBareText(cursor);
  return value === undefined ? undefined : { kind: "text", span: spanFrom(cursor, start), value };
}

function takeList(cursor: Cursor): ListNode | undefined {
  const start = cursor.offset;
  if (!take(cursor, "(")) return undefined;
  const items: TextNode[] = [];
  skipBlanks(cursor);
  let item = takeText(cursor);
  while (item !== undefined) {
    items.push(item);
    skipBlanks(cursor);
    if (!take(cursor, ",")) break;
    skipBlanks(cursor);
    item = takeText(cursor);
    if (item === undefined) {
      fail(
        cursor,
        "filter-list-item",
        `Cannot read a list: a value must follow the comma, ${describeNext(cursor)}`,
        "Remove the comma, or give the missing value",
      );
    }
  }
  if (!take(cursor, ")")) {
    fail(
      cursor,
      "filter-list-open",
      `Cannot read a list: a comma or ")" must follow, ${describeNext(cursor)}`,
      "Separate values by commas, quote what holds blanks or parentheses, close the parenthesis",
    );
  }
  return { kind: "list", span: spanFrom(cursor, start), items };
}
