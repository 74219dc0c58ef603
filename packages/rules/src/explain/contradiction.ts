import { fieldByName, type FieldType } from "@ocelli/event";

import { compareConstants } from "../evaluate/compare/compare-constants.ts";
import { isNumberType, parseNumber } from "../evaluate/compare/compare-number.ts";
import { constantsOf } from "../evaluate/compile-check.ts";
import { fieldRequest } from "../evaluate/source.ts";
import type { CompareNode, ExistsNode } from "../filter/ast.ts";
import { describeFilter, describeSide } from "../filter/print-filter.ts";

/** A check that must hold, or must not. */
export interface Literal {
  readonly node: ExistsNode | CompareNode;
  readonly denied: boolean;
}

// Comparisons of these look at several values, so that two of them may hold at once.
const SEVERAL =
  /^(?:fd\.(?:ip|port|net|proto)|proc\.a(?:pid|name|exe|exepath|cmdline|env)|fd\.types)$/;

/**
 * Why checks cannot all come out as they must for one event; undefined when nothing speaks against it. Finds: one field
 * equal to different values, or to none that its other checks allow; numbers above and below; a comparison that holds for
 * a field that must not exist; a check that must hold and must not; lists without items.
 */
export function findContradiction(literals: readonly Literal[]): string | undefined {
  const bySide = new Map<string, Literal[]>();
  const outcomes = new Map<string, boolean>();
  for (const literal of literals) {
    const text = describeFilter(literal.node);
    const known = outcomes.get(text);
    if (known !== undefined && known !== literal.denied)
      return `"${text}" must hold and must not hold`;
    outcomes.set(text, literal.denied);
    const alone = aloneImpossible(literal);
    if (alone !== undefined) return alone;
    const side = describeSide(literal.node.left);
    bySide.set(side, [...(bySide.get(side) ?? []), literal]);
  }
  for (const [side, of] of bySide) {
    const reason = contradictionOfSide(side, of);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Why a check can never hold, whatever the event. */
function aloneImpossible({ node, denied }: Literal): string | undefined {
  if (denied || node.kind === "exists" || node.left.kind !== "field") return undefined;
  const constants = constantsOf(node.right);
  if (constants?.length === 0) return `"${describeFilter(node)}" compares with an empty list`;
  const { name, argument } = fieldRequest(node.left);
  const isSet = node.operator === "in" || node.operator === "intersects";
  if (isSet && (name === "fd.ip" || (name === "proc.apid" && argument === undefined)))
    return `"${describeSide(node.left)} ${node.operator} (…)" never holds in Falco; compare with = and "or"`;
  if (name === "evt.num" && isEqual(node) && constants?.[0] === "0")
    return `"${describeFilter(node)}" never holds: events are counted from 1`;
  return undefined;
}

function contradictionOfSide(side: string, literals: readonly Literal[]): string | undefined {
  const [first] = literals;
  const left = first?.node.left;
  if (left?.kind !== "field") return undefined;
  const { name, argument } = fieldRequest(left);
  const mustHold = literals.filter(({ denied }) => !denied);
  const missing = literals.find(({ node, denied }) => denied && node.kind === "exists");
  const [needed] = mustHold;
  if (missing !== undefined && needed !== undefined)
    return `"${describeFilter(needed.node)}" needs ${side}, which must not exist`;
  const type = fieldByName(name)?.type;
  if (type === undefined || type === "dynamic" || (argument === undefined && SEVERAL.test(name)))
    return undefined;
  const tests = literals.flatMap(({ node, denied }) => {
    const constants = node.kind === "compare" ? constantsOf(node.right) : undefined;
    if (node.kind !== "compare" || constants === undefined) return [];
    const { test } = compareConstants(type, node.operator, node.modifier, constants);
    return [{ node, denied, test, constants }];
  });
  const chooser = tests.find(({ node, denied }) => !denied && isChoice(node));
  if (chooser === undefined)
    return isNumberType(type) ? emptyRange(side, type, mustHold) : undefined;
  if (type !== "text" && !isNumberType(type)) return undefined;
  const possible = chooser.constants.filter((constant) => {
    const value = isNumberType(type) ? parseNumber(type, constant) : constant;
    return value !== undefined && tests.every(({ test, denied }) => test(value) !== denied);
  });
  if (possible.length > 0) return undefined;
  const others = tests
    .filter(({ node }) => node !== chooser.node)
    .map(({ node, denied }) => `${denied ? "not " : ""}${shorten(describeFilter(node))}`);
  return `${side} can have no value: ${[shorten(describeFilter(chooser.node)), ...others].join(" and ")}`;
}

/** Whether a check names the values that a field may have. */
function isChoice(node: CompareNode): boolean {
  if (node.modifier !== undefined) return node.modifier === "anyof" && isEqual(node);
  return isEqual(node) || node.operator === "in" || node.operator === "intersects";
}

function isEqual({ operator }: CompareNode): boolean {
  return operator === "=" || operator === "==";
}

/** Numbers that must be above one limit and below another that is no higher. */
function emptyRange(
  side: string,
  type: FieldType,
  literals: readonly Literal[],
): string | undefined {
  const step = type === "double" ? 0 : 1;
  let lowest = Number.NEGATIVE_INFINITY;
  let highest = Number.POSITIVE_INFINITY;
  for (const { node } of literals) {
    if (node.kind !== "compare" || node.right.kind !== "number") continue;
    const limit = Number(node.right.value);
    // Numbers of fields are whole but for shares, and Falco reads limits as whole numbers.
    if (node.operator === ">") lowest = Math.max(lowest, limit + step);
    else if (node.operator === ">=") lowest = Math.max(lowest, limit);
    else if (node.operator === "<") highest = Math.min(highest, limit - step);
    else if (node.operator === "<=") highest = Math.min(highest, limit);
  }
  if (lowest <= highest) return undefined;
  const limits = literals.map(({ node }) => describeFilter(node)).join(" and ");
  return `${side} can have no value: ${limits}`;
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
