import { failure, errorAt, success, type Result } from "@ocelli/bpf";

import type { FilterNode } from "./ast.ts";
import {
  descend,
  describeNext,
  fail,
  FilterSyntaxError,
  skipBlanks,
  spanFrom,
  take,
  takePattern,
  type Cursor,
} from "./cursor.ts";
import { takeCheck, takeIdentifier } from "./parse-check.ts";
import { takeLeftSide } from "./parse-value.ts";

/** How deep a condition may nest. Rule files use {@link RULE_DEPTH}. */
export const FILTER_DEPTH = 100;

/** How deep the condition of a rule may nest. */
export const RULE_DEPTH = 1000;

const NOT = /not[ \t\n\v\f\r]+/y;

/**
 * Reads a condition in Falco's language into a tree. Offsets in spans and diagnostics count characters of `text`. It
 * stops at the first mistake, in time linear in the length of the text.
 */
export function parseFilter(text: string, maxDepth: number = FILTER_DEPTH): Result<FilterNode> {
  const cursor: Cursor = { text, offset: 0, depth: 0, maxDepth };
  try {
    if (text === "") {
      fail(cursor, "filter-empty", "Cannot read the condition: it is empty", "Give a condition");
    }
    const node = takeOr(cursor);
    if (cursor.offset < text.length) {
      fail(
        cursor,
        "filter-trailing",
        `Cannot read on after a whole condition: ${describeNext(cursor)}`,
        'Join conditions by "and" or "or"; quote what holds blanks, parentheses, commas or "="',
      );
    }
    return success(node);
  } catch (error) {
    if (!(error instanceof FilterSyntaxError)) throw error;
    const { code, offset, message, hint } = error;
    return failure(errorAt(code, { offset, length: offset < text.length ? 1 : 0 }, message, hint));
  }
}

function takeOr(cursor: Cursor): FilterNode {
  return takeJunction(cursor, "or", takeAnd);
}

function takeAnd(cursor: Cursor): FilterNode {
  return takeJunction(cursor, "and", takeNot);
}

function takeJunction(
  cursor: Cursor,
  kind: "and" | "or",
  takePart: (cursor: Cursor) => FilterNode,
): FilterNode {
  skipBlanks(cursor);
  const start = cursor.offset;
  const first = takePart(cursor);
  const children = [first];
  let end = cursor.offset;
  skipBlanks(cursor);
  while (take(cursor, kind)) {
    if (skipBlanks(cursor)) children.push(takePart(cursor));
    else if (take(cursor, "(")) children.push(takeParenthesized(cursor));
    else {
      fail(
        cursor,
        "filter-word-end",
        `Cannot read on after "${kind}": ${describeNext(cursor)}`,
        `Put a blank or "(" after "${kind}"`,
      );
    }
    end = cursor.offset;
    skipBlanks(cursor);
  }
  return children.length === 1
    ? first
    : { kind, span: { offset: start, length: end - start }, children };
}

function takeNot(cursor: Cursor): FilterNode {
  const start = cursor.offset;
  let denied = false;
  while (takePattern(cursor, NOT) !== undefined) denied = !denied;
  let child: FilterNode;
  if (take(cursor, "not(")) {
    denied = !denied;
    child = takeParenthesized(cursor);
  } else child = takeOne(cursor);
  return denied ? { kind: "not", span: spanFrom(cursor, start), child } : child;
}

/** Reads a condition up to its `)`; the `(` was read. */
function takeParenthesized(cursor: Cursor): FilterNode {
  descend(cursor);
  const node = takeOr(cursor);
  if (!take(cursor, ")")) {
    fail(
      cursor,
      "filter-parenthesis-open",
      `Cannot read a condition in parentheses: ")" must follow, ${describeNext(cursor)}`,
      'Close the parenthesis, or join conditions by "and" or "or"',
    );
  }
  cursor.depth--;
  return node;
}

function takeOne(cursor: Cursor): FilterNode {
  skipBlanks(cursor);
  const start = cursor.offset;
  if (take(cursor, "(")) return takeParenthesized(cursor);
  const left = takeLeftSide(cursor);
  if (left !== undefined) return takeCheck(cursor, left, start);
  const name = takeIdentifier(cursor);
  if (name !== undefined) return { kind: "macro", span: spanFrom(cursor, start), name };
  return fail(
    cursor,
    "filter-condition",
    `Cannot read a condition: ${describeNext(cursor)}`,
    "Give a field and an operator, the name of a macro, or a condition in parentheses",
  );
}
