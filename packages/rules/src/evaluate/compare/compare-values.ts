import type { FieldValue, ScalarValue } from "@ocelli/event";

import type { BinaryOperator } from "../../filter/ast.ts";
import { isList } from "./comparison.ts";
import { lowerAscii, compareTexts } from "./text-order.ts";
import { compileGlob } from "./glob.ts";

/**
 * Compares the value of one field with that of another of the same type. `sealed` says that the texts on the right come
 * out of a transformer, which makes `in` and `intersects` false in Falco: it counts their closing NUL.
 */
export function compareValues(
  operator: BinaryOperator,
  left: FieldValue,
  right: FieldValue,
  sealed: boolean,
): boolean {
  if (operator === "in" || operator === "intersects") {
    if (sealed) return false;
    const all = isList(right) ? right : [right];
    const within = (value: ScalarValue): boolean => all.some((one) => sameValue(value, one));
    if (!isList(left)) return within(left);
    return operator === "in" ? left.every(within) : left.some(within);
  }
  const [one] = isList(left) ? left : [left];
  const [other] = isList(right) ? right : [right];
  if (one === undefined || other === undefined) return false;
  switch (operator) {
    case "=":
    case "==":
      return sameValue(one, other);
    case "!=":
      return !sameValue(one, other);
    default:
      if (typeof one === "string" && typeof other === "string")
        return compareTwoTexts(operator, one, other);
      if (one instanceof Uint8Array && other instanceof Uint8Array)
        return compareTwoBytes(operator, one, other);
      return compareTwoNumbers(operator, one as number, other as number);
  }
}

function sameValue(a: ScalarValue, b: ScalarValue): boolean {
  if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array)) return a === b;
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function compareTwoTexts(operator: BinaryOperator, left: string, right: string): boolean {
  switch (operator) {
    case "<":
      return compareTexts(left, right) < 0;
    case "<=":
      return compareTexts(left, right) <= 0;
    case ">":
      return compareTexts(left, right) > 0;
    case ">=":
      return compareTexts(left, right) >= 0;
    case "contains":
      return left.includes(right);
    case "startswith":
      return left.startsWith(right);
    case "endswith":
      return left.endsWith(right);
    case "icontains":
      return lowerAscii(left).includes(lowerAscii(right));
    case "glob":
      return compileGlob(right, false)(left);
    case "iglob":
      return compileGlob(right, true)(left);
    default:
      return false;
  }
}

function compareTwoBytes(operator: BinaryOperator, left: Uint8Array, right: Uint8Array): boolean {
  const at = (offset: number): boolean =>
    right.every((byte, index) => byte === left[offset + index]);
  const room = left.length - right.length;
  if (room < 0) return false;
  switch (operator) {
    case "startswith":
    case "bstartswith":
      return at(0);
    case "endswith":
      return at(room);
    case "contains":
    case "bcontains":
      for (let offset = 0; offset <= room; offset++) if (at(offset)) return true;
      return false;
    default:
      return false;
  }
}

function compareTwoNumbers(operator: BinaryOperator, left: number, right: number): boolean {
  switch (operator) {
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
    default:
      return false;
  }
}
