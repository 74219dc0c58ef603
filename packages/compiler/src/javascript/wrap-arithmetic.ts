import type { Expression } from "../parse/ast.ts";
import type { IntType } from "../types/type.ts";
import { compile, type CompileOptions } from "../compile.ts";

/** An insertion, or the replacement of `length` characters. */
interface Edit {
  readonly at: number;
  readonly length: number;
  readonly text: string;
  /** Of insertions at one place: what is outside comes first. */
  readonly order: number;
}

/**
 * A module's text with its arithmetic made exact: JavaScript then computes what the machine computes, and the functions can be
 * called directly. Widths are those that compiling infers, so a text that does not compile comes back as it is. Lines keep
 * their numbers. `helpers` is the name by which the text reaches the functions of `wrapHelpers`. Functions that no program of
 * the module calls are left alone.
 */
export function wrapArithmetic(
  text: string,
  helpers: string,
  options: CompileOptions = {},
): string {
  const types = new Map<Expression, IntType>();
  const result = compile(text, {
    ...withoutGetter(options),
    onNumber: (node, type) => {
      if (node.span.section === undefined) types.set(node, type);
    },
  });
  if (!result.ok) return text;
  const edits: Edit[] = [];
  for (const [node, type] of types) addEdits(edits, text, node, type, helpers);
  edits.sort((a, b) => a.at - b.at || a.order - b.order);
  let made = "";
  let done = 0;
  for (const { at, length, text: inserted } of edits) {
    if (at < done) continue;
    made += text.slice(done, at) + inserted;
    done = at + length;
  }
  return made + text.slice(done);
}

/** The options as plain data: the kernel's types are asked for once. */
function withoutGetter(options: CompileOptions): CompileOptions {
  return { ...options };
}

const cutters = (type: IntType, helpers: string): readonly [before: string, after: string] =>
  type.bits === 64
    ? [`${helpers}.${type.signed ? "i64" : "u64"}(`, ")"]
    : type.signed
      ? type.bits === 32
        ? ["((", ")|0)"]
        : [`${helpers}.i${type.bits}(`, ")"]
      : type.bits === 32
        ? ["((", ")>>>0)"]
        : [`${helpers}.u${type.bits}(`, ")"];

/** Operators that become a call of two arguments. */
const CALLS: Readonly<Record<string, string | undefined>> = {
  "*": "mul",
  "/": "div",
  "%": "rem",
  "<<": "shl",
  ">>": "shr",
  ">>>": "shr",
};

function addEdits(
  edits: Edit[],
  text: string,
  node: Expression,
  type: IntType,
  helpers: string,
): void {
  const { offset, length } = node.span;
  const end = offset + length;
  const around = (before: string, after: string): void => {
    edits.push({ at: offset, length: 0, text: before, order: -length });
    edits.push({ at: end, length: 0, text: after, order: length - text.length });
  };
  const [before, after] = cutters(type, helpers);
  switch (node.kind) {
    case "binary": {
      const place = operatorPlace(text, node.left, node.right, node.operator);
      const called = CALLS[node.operator];
      if (called === undefined || place === undefined) {
        around(before, after);
        return;
      }
      around(`${before}${helpers}.${called}(`, `)${after}`);
      edits.push({ at: place, length: node.operator.length, text: ",", order: 0 });
      return;
    }
    case "unary":
    case "call":
      around(before, after);
      return;
    case "assign": {
      const { operator, target, value } = node;
      if (operator === undefined) return;
      const token = `${operator}=`;
      const place = operatorPlace(text, target, value, token);
      if (place === undefined) return;
      const name = text.slice(target.span.offset, target.span.offset + target.span.length);
      const called = CALLS[operator];
      const start =
        called === undefined ? `${name} ${operator} (` : `${helpers}.${called}(${name}, (`;
      edits.push({ at: place, length: token.length, text: `= ${before}${start}`, order: 0 });
      const close = called === undefined ? ")" : "))";
      edits.push({ at: end, length: 0, text: `${close}${after}`, order: length - text.length });
      return;
    }
    case "update": {
      const { operator, prefix, target } = node;
      const name = text.slice(target.span.offset, target.span.offset + target.span.length);
      const one = type.bits === 64 ? "1n" : "1";
      const step = `${name} = ${before}${name} ${operator} ${one}${after}`;
      const back = operator === "+" ? "-" : "+";
      const whole = prefix ? `(${step})` : `((${step}), ${before}${name} ${back} ${one}${after})`;
      edits.push({ at: offset, length, text: whole, order: 0 });
      return;
    }
    default:
  }
}

/** Where an operator stands between its operands, around which only blanks, brackets and comments may be. */
function operatorPlace(
  text: string,
  left: Expression,
  right: Expression,
  token: string,
): number | undefined {
  const from = left.span.offset + left.span.length;
  const between = text.slice(from, right.span.offset);
  const found = between.replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, (one) => " ".repeat(one.length));
  const at = found.indexOf(token);
  return at < 0 ? undefined : from + at;
}

type Cut = (value: number | bigint) => number | bigint;
type Both = (a: number | bigint, b: number | bigint) => number | bigint;

function cut(bits: number, signed: boolean): Cut {
  return (value) => {
    const exact = signed ? BigInt.asIntN(bits, BigInt(value)) : BigInt.asUintN(bits, BigInt(value));
    return bits === 64 ? exact : Number(exact);
  };
}

function both(
  small: (a: number, b: number) => number,
  wide: (a: bigint, b: bigint) => bigint,
): Both {
  return (a, b) =>
    typeof a === "bigint" || typeof b === "bigint" ? wide(BigInt(a), BigInt(b)) : small(a, b);
}

/** The functions that wrapped texts call. */
export interface WrapHelpers {
  readonly u8: Cut;
  readonly u16: Cut;
  readonly u64: Cut;
  readonly i8: Cut;
  readonly i16: Cut;
  readonly i64: Cut;
  readonly mul: Both;
  readonly div: Both;
  readonly rem: Both;
  readonly shl: Both;
  readonly shr: Both;
}

/** Division by zero gives 0 and the remainder the dividend, and shifts count modulo the width, as on the BPF machine. */
export const wrapHelpers: WrapHelpers = {
  u8: cut(8, false),
  u16: cut(16, false),
  u64: cut(64, false),
  i8: cut(8, true),
  i16: cut(16, true),
  i64: cut(64, true),
  mul: both(
    (a, b) => Math.imul(a, b),
    (a, b) => a * b,
  ),
  div: both(
    (a, b) => (b === 0 ? 0 : Math.trunc(a / b)),
    (a, b) => (b === 0n ? 0n : a / b),
  ),
  rem: both(
    (a, b) => (b === 0 ? a : a % b),
    (a, b) => (b === 0n ? a : a % b),
  ),
  shl: both(
    (a, b) => a << b,
    (a, b) => a << (b & 63n),
  ),
  // A number that is not negative is shifted without sign: above 2^31 `>>` would take it for one that is.
  shr: both(
    (a, b) => (a < 0 ? a >> b : a >>> b),
    (a, b) => a >> (b & 63n),
  ),
};
