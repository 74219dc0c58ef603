import type { FieldType } from "@ocelli/event";

import { serviceByName } from "../../check/services.ts";
import type { BinaryOperator } from "../../filter/ast.ts";
import { NEVER, type Comparison } from "./comparison.ts";

type NumberType = Extract<
  FieldType,
  "int16" | "int32" | "int64" | "uint32" | "uint64" | "double" | "abstime" | "reltime" | "port"
>;

/** Whether values of a type are numbers. */
export function isNumberType(type: FieldType): type is NumberType {
  return (
    type !== "text" &&
    type !== "bytes" &&
    type !== "bool" &&
    type !== "ip" &&
    type !== "net" &&
    type !== "dynamic"
  );
}

const MAX_SIGNED = 2n ** 63n - 1n;
const MAX_UNSIGNED = 2n ** 64n - 1n;

/**
 * The number that a text means for a type, as scanf(3) reads it: what does not fit 64 bits stays at the limit, what does
 * not fit the type loses its upper bits. Falco reads values of type double as 32-bit integers. Undefined for no number.
 */
export function parseNumber(type: NumberType, text: string): number | bigint | undefined {
  if (type === "port" && !/^\d*$/.test(text)) return serviceByName(text);
  if (type === "port" && text === "") return 0;
  if (!/^\s*[+-]?\d+$/.test(text)) return undefined;
  const negative = text.includes("-");
  const magnitude = BigInt(text.replace(/^\s*[+-]?/, ""));
  switch (type) {
    case "int16":
      return Number(BigInt.asIntN(16, signed(negative, magnitude)));
    case "int32":
    case "double":
      return Number(BigInt.asIntN(32, signed(negative, magnitude)));
    case "int64":
      return exact(signed(negative, magnitude));
    case "port":
      return Number(BigInt.asUintN(16, magnitude));
    case "uint32":
      return Number(BigInt.asUintN(32, unsigned(negative, magnitude)));
    case "uint64":
    case "abstime":
    case "reltime":
      return exact(unsigned(negative, magnitude));
  }
}

function signed(negative: boolean, magnitude: bigint): bigint {
  if (negative) return magnitude > MAX_SIGNED ? -MAX_SIGNED - 1n : -magnitude;
  return magnitude > MAX_SIGNED ? MAX_SIGNED : magnitude;
}

function unsigned(negative: boolean, magnitude: bigint): bigint {
  if (magnitude > MAX_UNSIGNED) return MAX_UNSIGNED;
  return negative ? BigInt.asUintN(64, -magnitude) : magnitude;
}

/** A number where that is exact: what fields hold, so that equal values are of equal type. */
function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A number compared with one number. */
export function compareNumber(operator: BinaryOperator, right: number | bigint): Comparison {
  const written = typeof right === "bigint" ? `${right}n` : `${right}`;
  // Every order is false for undefined.
  const code = (sign: string) => (value: string) => `${value} ${sign} ${written}`;
  switch (operator) {
    case "=":
    case "==":
      return { test: (value) => value === right, code: code("===") };
    case "!=":
      return {
        test: (value) => value !== right,
        code: (value) => `(${value} !== undefined && ${value} !== ${written})`,
      };
    case "<":
      return { test: (value) => (value as number) < right, code: code("<") };
    case "<=":
      return { test: (value) => (value as number) <= right, code: code("<=") };
    case ">":
      return { test: (value) => (value as number) > right, code: code(">") };
    case ">=":
      return { test: (value) => (value as number) >= right, code: code(">=") };
    default:
      return NEVER;
  }
}

/** A number compared with a list of numbers. */
export function compareNumberWithList(right: readonly (number | bigint)[]): Comparison {
  const all = new Set(right);
  return {
    test: (value) => all.has(value as number),
    code: (value, bind) => `${bind(all)}.has(${value})`,
  };
}
