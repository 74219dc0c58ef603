import type { ScalarValue } from "@ocelli/event";

import type { BinaryOperator, Modifier } from "../../filter/ast.ts";
import type { Source } from "../source.ts";
import { compareAddress, compareNetwork } from "./compare-address.ts";
import { compareBytes } from "./compare-bytes.ts";
import {
  compareNumber,
  compareNumberWithList,
  isNumberType,
  parseNumber,
} from "./compare-number.ts";
import { compareText, compareTextWithList } from "./compare-text.ts";
import { NEVER, type Comparison } from "./comparison.ts";

type ValueType = Source<never>["type"];

/** One value of a type compared with constants, as they are written in the condition. */
export function compareConstants(
  type: ValueType,
  operator: BinaryOperator,
  modifier: Modifier | undefined,
  right: readonly string[],
): Comparison {
  if (modifier !== undefined) return compareWithModifier(type, operator, modifier, right);
  if (operator === "in" || operator === "intersects" || operator === "pmatch")
    return compareWithList(type, operator, right);
  const [first] = right;
  return first === undefined ? NEVER : compareOne(type, operator, first);
}

function compareOne(type: ValueType, operator: BinaryOperator, right: string): Comparison {
  if (isNumberType(type)) {
    const number = parseNumber(type, right);
    return number === undefined ? NEVER : compareNumber(operator, number);
  }
  switch (type) {
    case "text":
      return compareText(operator, right);
    case "bytes":
      return compareBytes(operator, right);
    case "bool":
      return compareBoolean(operator, right);
    case "ip":
      return compareAddress(operator, [right]);
    case "net":
      return compareNetwork(operator, [right]);
  }
}

function compareWithList(
  type: ValueType,
  operator: "in" | "intersects" | "pmatch",
  right: readonly string[],
): Comparison {
  if (type === "text") return compareTextWithList(operator, right);
  if (operator === "pmatch") return NEVER;
  if (isNumberType(type))
    return compareNumberWithList(right.flatMap((text) => parseNumber(type, text) ?? []));
  switch (type) {
    case "ip":
      return compareAddress(operator, right);
    case "net":
      return compareNetwork(operator, right);
    case "bool":
    case "bytes": {
      const each = right.map((text) => compareOne(type, "=", text));
      return { test: (value) => each.some(({ test }) => test(value)) };
    }
  }
}

function compareBoolean(operator: BinaryOperator, right: string): Comparison {
  const wanted = right.toLowerCase() === "true";
  switch (operator) {
    case "=":
    case "==":
      return { test: (value) => value === wanted, code: (value) => `${value} === ${wanted}` };
    case "!=":
      return { test: (value) => value === !wanted, code: (value) => `${value} === ${!wanted}` };
    default:
      return NEVER;
  }
}

function compareWithModifier(
  type: ValueType,
  operator: BinaryOperator,
  modifier: Modifier,
  right: readonly string[],
): Comparison {
  if (right.length === 0) return NEVER;
  const equal = operator === "=" || operator === "==";
  if (modifier === "anyof" && equal) return compareWithList(type, "in", right);
  if (modifier === "allof" && operator === "!=") {
    const within = compareWithList(type, "in", right);
    return { test: (value) => !within.test(value) };
  }
  const each = right.map((text) => compareOne(type, operator, text).test);
  return { test: combine(modifier, each) };
}

function combine(
  modifier: Modifier,
  each: readonly Comparison["test"][],
): (value: ScalarValue) => boolean {
  switch (modifier) {
    case "anyof":
      return (value) => each.some((test) => test(value));
    case "allof":
      return (value) => each.every((test) => test(value));
    case "oneof":
      return (value) => {
        let count = 0;
        for (const test of each) if (test(value) && ++count > 1) return false;
        return count === 1;
      };
  }
}
