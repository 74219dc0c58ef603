import type { BinaryOperator } from "../../filter/ast.ts";
import { toUtf8 } from "../utf8.ts";
import { NEVER, type Comparison } from "./comparison.ts";

/** Bytes compared with a text, or for `bcontains` and `bstartswith` with bytes in hexadecimal digits. */
export function compareBytes(operator: BinaryOperator, right: string): Comparison {
  const hexadecimal = operator === "bcontains" || operator === "bstartswith";
  const wanted = hexadecimal ? parseHexadecimal(right) : toUtf8(right);
  if (wanted === undefined) return NEVER;
  const at = (value: Uint8Array, offset: number): boolean => {
    for (let index = 0; index < wanted.length; index++)
      if (value[offset + index] !== wanted[index]) return false;
    return true;
  };
  switch (operator) {
    case "=":
    case "==":
      return bytesTest((value) => value.length === wanted.length && at(value, 0));
    case "!=":
      return bytesTest((value) => value.length !== wanted.length || !at(value, 0));
    case "startswith":
    case "bstartswith":
      return bytesTest((value) => value.length >= wanted.length && at(value, 0));
    case "endswith":
      return bytesTest(
        (value) => value.length >= wanted.length && at(value, value.length - wanted.length),
      );
    case "contains":
    case "bcontains":
      return bytesTest((value) => {
        const [first] = wanted;
        if (first === undefined) return true;
        const last = value.length - wanted.length;
        for (let from = value.indexOf(first); from !== -1 && from <= last;) {
          if (at(value, from)) return true;
          from = value.indexOf(first, from + 1);
        }
        return false;
      });
    default:
      return NEVER;
  }
}

/** The bytes that pairs of hexadecimal digits mean; undefined for anything else. */
export function parseHexadecimal(text: string): Uint8Array | undefined {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Values of byte fields are bytes: the catalogue says so. */
function bytesTest(test: (value: Uint8Array) => boolean): Comparison {
  return { test: (value) => test(value as Uint8Array) };
}
