import type { BinaryOperator } from "../../filter/ast.ts";
import { compileRegex } from "../../regex/compile-regex.ts";
import { NEVER, type Comparison } from "./comparison.ts";
import { compileGlob } from "./glob.ts";
import { compilePathPrefixes } from "./path-prefixes.ts";
import { compareTexts, lowerAscii } from "./text-order.ts";

/** Above this many texts a hash set beats comparing with one after the other (bench: rules). */
const FEW = 3;

/** A text compared with one text. */
export function compareText(operator: BinaryOperator, right: string): Comparison {
  const quoted = JSON.stringify(right);
  switch (operator) {
    case "=":
    case "==":
      return { test: (value) => value === right, code: (value) => `${value} === ${quoted}` };
    case "!=":
      return {
        test: (value) => value !== right,
        code: (value) => `(${value} !== undefined && ${value} !== ${quoted})`,
      };
    case "<":
      return ordered((order) => order < 0, right);
    case "<=":
      return ordered((order) => order <= 0, right);
    case ">":
      return ordered((order) => order > 0, right);
    case ">=":
      return ordered((order) => order >= 0, right);
    case "contains":
      return method("includes", right);
    case "startswith":
      return method("startsWith", right);
    case "endswith":
      return method("endsWith", right);
    case "icontains": {
      const small = lowerAscii(right);
      return textTest((value) => lowerAscii(value).includes(small));
    }
    case "glob":
      return textTest(compileGlob(right, false));
    case "iglob":
      return textTest(compileGlob(right, true));
    case "regex": {
      const matcher = compileRegex(right);
      return typeof matcher === "function" ? textTest(matcher) : NEVER;
    }
    case "in":
    case "intersects":
    case "pmatch":
    case "bcontains":
    case "bstartswith":
      return NEVER;
  }
}

/** A text compared with a list of texts. */
export function compareTextWithList(
  operator: "in" | "intersects" | "pmatch",
  right: readonly string[],
): Comparison {
  if (operator === "pmatch") return textTest(compilePathPrefixes(right));
  const all = new Set(right);
  const few = [...all];
  return {
    test: (value) => all.has(value as string),
    code: (value, bind) =>
      few.length <= FEW
        ? `(${few.length === 0 ? "false" : few.map((text) => `${value} === ${JSON.stringify(text)}`).join(" || ")})`
        : `${bind(all)}.has(${value})`,
  };
}

function ordered(holds: (order: number) => boolean, right: string): Comparison {
  return textTest((value) => holds(compareTexts(value, right)));
}

function method(name: "includes" | "startsWith" | "endsWith", right: string): Comparison {
  return {
    test: (value) => (value as string)[name](right),
    code: (value) => `(${value} !== undefined && ${value}.${name}(${JSON.stringify(right)}))`,
  };
}

/** Values of text fields are texts: the catalogue says so. */
function textTest(test: (value: string) => boolean): Comparison {
  return { test: (value) => test(value as string) };
}
