import type { Span } from "@ocelli/bpf";

import type { Arithmetic, Comparison, Value } from "../ir/ir.ts";
import { arithmeticRange, isWithin } from "../ir/range.ts";
import type { BinaryOperator } from "../parse/ast.ts";
import { intName, intType, sameType, typeName, type IntType, type Type } from "../types/type.ts";
import { knownRange, rangeOfInt, toType, toTyped, wrap } from "./convert.ts";
import type { Lowerer } from "./lowerer.ts";
import { FAILED, type Operand } from "./operand.ts";

/** Operators that give a number. */
export type NumberOperator = Exclude<BinaryOperator, "===" | "!==" | "<" | "<=" | ">" | ">=">;

const OPERATIONS: Readonly<
  Record<Exclude<NumberOperator, ">>" | ">>>" | "<<" | "/" | "%">, Arithmetic>
> = {
  "+": "add",
  "-": "sub",
  "*": "mul",
  "&": "and",
  "|": "or",
  "^": "xor",
};

/** The type that a literal takes: that of the other operand, or the smallest that JavaScript would give it. */
function literalType(value: bigint, big: boolean): IntType {
  return intType(big ? 64 : 32, value < 0n);
}

function operandType(low: Lowerer, operand: Operand, span: Span): Type | undefined {
  if (operand.kind === "literal") return literalType(operand.value, operand.big);
  return toTyped(low, operand, span)?.type;
}

/** The type that two integers are computed in; narrow ones become i32, as the numbers that they are in JavaScript. */
export function commonType(a: IntType, b: IntType): IntType | undefined {
  if ((a.bits === 64) !== (b.bits === 64)) return undefined;
  if (a.bits === 64) return a.signed === b.signed ? a : undefined;
  if (a.bits < 32 && b.bits < 32) return intType(32, true);
  const wide = a.bits === 32 ? a : b;
  const other = a.bits === 32 ? b : a;
  if (wide.signed || !other.signed)
    return other.bits === 32 && other.signed !== wide.signed ? undefined : wide;
  return undefined;
}

/** Computes `left OPERATOR right`. */
export function binary(
  low: Lowerer,
  operator: NumberOperator,
  leftOperand: Operand,
  rightOperand: Operand,
  span: Span,
  exact = false,
): Operand {
  if (leftOperand.kind === "failed" || rightOperand.kind === "failed") return FAILED;
  if (
    leftOperand.kind === "literal" &&
    rightOperand.kind === "literal" &&
    leftOperand.big === rightOperand.big
  ) {
    const folded = foldLiterals(operator, leftOperand.value, rightOperand.value, leftOperand.big);
    if (folded !== undefined) return { kind: "literal", value: folded, big: leftOperand.big };
  }
  const left = materialize(low, leftOperand, span);
  const right = materialize(low, rightOperand, span);
  const leftType = operandType(low, left, span);
  const rightType = operandType(low, right, span);
  if (leftType === undefined || rightType === undefined) return FAILED;
  if (leftType.kind !== "int" || rightType.kind !== "int")
    return low.refuse(
      "no-arithmetic",
      span,
      `Cannot compute ${typeName(leftType)} ${operator} ${typeName(rightType)}: only integers have arithmetic`,
      leftType.kind === "be" || rightType.kind === "be"
        ? "Turn network order round with ntohs() or ntohl()"
        : "Use numbers or bigints",
    );
  const isShift = operator === "<<" || operator === ">>" || operator === ">>>";
  const type = isShift
    ? promote(leftType)
    : left.kind === "literal"
      ? withLiteral(rightType, left.big)
      : right.kind === "literal"
        ? withLiteral(leftType, right.big)
        : commonType(leftType, rightType);
  if (type === undefined || (isShift && (leftType.bits === 64) !== (rightType.bits === 64)))
    return mixed(low, leftType, rightType, operator, span);
  const a =
    isShift && left.kind !== "literal"
      ? toTyped(low, left, span)?.value
      : toCommon(low, left, type, span);
  const b = isShift ? toTyped(low, right, span)?.value : toCommon(low, right, type, span);
  if (a === undefined || b === undefined) return FAILED;
  switch (operator) {
    case "/":
      if (type.bits !== 64 && !exact)
        return low.refuse(
          "fraction",
          span,
          "Cannot divide numbers with a bare /: in JavaScript the result may have a fraction",
          "Write Math.trunc(a / b) or idiv(a, b)",
        );
      return { kind: "value", type, value: divide(low, "div", type, a, b) };
    case "%":
      return { kind: "value", type, value: divide(low, "mod", type, a, b) };
    case "<<":
    case ">>":
    case ">>>":
      return shift(low, operator, type, a, b, span);
    default:
      return { kind: "value", type, value: compute(low, OPERATIONS[operator], type, a, b) };
  }
}

function materialize(low: Lowerer, operand: Operand, span: Span): Operand {
  if (operand.kind === "literal") return operand;
  const typed = toTyped(low, operand, span);
  return typed === undefined ? FAILED : { kind: "value", ...typed };
}

function promote(type: IntType): IntType {
  return type.bits < 32 ? intType(32, true) : type;
}

function withLiteral(type: IntType, big: boolean): IntType | undefined {
  return (type.bits === 64) === big ? promote(type) : undefined;
}

/** Integers in the common type: only the kind of number was chosen, so that what fits is not asked again. */
function toCommon(low: Lowerer, operand: Operand, type: IntType, span: Span): Value | undefined {
  if (operand.kind === "literal") return toType(low, operand, type, span);
  return toTyped(low, operand, span)?.value;
}

function mixed(low: Lowerer, left: IntType, right: IntType, operator: string, span: Span): Operand {
  const wide = left.bits === 64 || right.bits === 64;
  const why =
    (left.bits === 64) === (right.bits === 64)
      ? "one is signed and the other is not"
      : "number and bigint do not mix";
  const hint = wide
    ? `Convert one, e.g. ${left.bits === 64 ? intName(left) : intName(right)}(…)`
    : "Convert one: u32(…) or i32(…)";
  return low.refuse(
    "mixed-types",
    span,
    `Cannot compute ${intName(left)} ${operator} ${intName(right)}: ${why}`,
    hint,
  );
}

/** Arithmetic in a type: on 64 bits where the result is known to fit, else on 32 with the type's own extension. */
function compute(low: Lowerer, operation: Arithmetic, type: IntType, a: Value, b: Value): Value {
  const { builder } = low;
  if (type.bits === 64 || operation === "and" || operation === "or" || operation === "xor")
    return builder.arithmetic(operation, 64, a, b);
  const range = arithmeticRange(operation, knownRange(low, a, type), knownRange(low, b, type));
  if (range !== undefined && isWithin(range, rangeOfInt(type)))
    return builder.arithmetic(operation, 64, a, b);
  const value = builder.arithmetic(operation, 32, a, b);
  return type.signed ? builder.extend(true, 32, value) : value;
}

function shift(
  low: Lowerer,
  operator: "<<" | ">>" | ">>>",
  type: IntType,
  a: Value,
  b: Value,
  span: Span,
): Operand {
  const { builder } = low;
  const width = type.bits === 64 ? 64 : 32;
  const count = builder.constantOf(b);
  if (count !== undefined && (count < 0n || count >= BigInt(width)))
    return low.refuse(
      "shift-count",
      span,
      `Cannot shift by ${count}: the value has ${width} bits`,
      `Shift by 0 to ${width - 1}`,
    );
  if (operator === "<<") return { kind: "value", type, value: compute(low, "shl", type, a, b) };
  if (operator === ">>>") {
    if (type.bits === 64)
      return low.refuse(
        "shift-sign",
        span,
        "Cannot use >>> on bigints: JavaScript has no such operator",
        "Use >>: on u64 it brings in zeros",
      );
    return { kind: "value", type: intType(32, false), value: builder.arithmetic("shr", 32, a, b) };
  }
  if (!type.signed && type.bits === 32)
    return low.refuse(
      "shift-sign",
      span,
      "Cannot use >> on u32: in JavaScript it shifts a signed number",
      "Use >>>",
    );
  if (type.bits === 64)
    return {
      kind: "value",
      type,
      value: builder.arithmetic(type.signed ? "sar" : "shr", 64, a, b),
    };
  if (count !== undefined)
    return { kind: "value", type, value: builder.arithmetic("sar", 64, a, b) };
  return {
    kind: "value",
    type,
    value: builder.extend(true, 32, builder.arithmetic("sar", 32, a, b)),
  };
}

/** A quotient or a remainder that is cut towards zero. Signed division is ISA v4, so the signs are divided apart. */
function divide(low: Lowerer, operation: "div" | "mod", type: IntType, a: Value, b: Value): Value {
  const { builder } = low;
  const bits = type.bits === 64 ? 64 : 32;
  const nonNegative = (value: Value): boolean =>
    !type.signed || knownRange(low, value, type).min >= 0n;
  if (nonNegative(a) && nonNegative(b)) return builder.arithmetic(operation, bits, a, b);
  const none = builder.constant(0n);
  const first = builder.variable();
  const second = builder.variable();
  const result = builder.variable();
  builder.write(first, a);
  builder.write(second, b);
  absolute(low, first);
  absolute(low, second);
  builder.write(
    result,
    builder.arithmetic(operation, 64, builder.read(first), builder.read(second)),
  );
  const sign = operation === "div" ? builder.arithmetic("xor", 64, a, b) : a;
  const negative = builder.block();
  const done = builder.block();
  builder.branch("s<", sign, none, negative, done);
  builder.enter(negative);
  builder.write(result, builder.arithmetic("sub", 64, none, builder.read(result)));
  builder.jump(done);
  builder.enter(done);
  const value = builder.read(result);
  return type.bits === 64 ? value : builder.extend(true, 32, value);
}

function absolute({ builder }: Lowerer, variable: number): void {
  const none = builder.constant(0n);
  const negative = builder.block();
  const done = builder.block();
  builder.branch("s<", builder.read(variable), none, negative, done);
  builder.enter(negative);
  builder.write(variable, builder.arithmetic("sub", 64, none, builder.read(variable)));
  builder.jump(done);
  builder.enter(done);
}

function foldLiterals(
  operator: NumberOperator,
  a: bigint,
  b: bigint,
  big: boolean,
): bigint | undefined {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return b === 0n || (!big && a % b !== 0n) ? undefined : a / b;
    case "%":
      return b === 0n ? undefined : a % b;
    case "&":
      return a & b;
    case "|":
      return a | b;
    case "^":
      return a ^ b;
    case "<<":
      return b < 0n || b > 62n ? undefined : big ? a << b : BigInt.asIntN(32, a << b);
    case ">>":
      return b < 0n || b > 62n ? undefined : a >> b;
    default:
      return b < 0n || b > 31n || big ? undefined : BigInt.asUintN(32, a) >> b;
  }
}

const UNSIGNED: Readonly<Record<string, Comparison>> = {
  "===": "==",
  "!==": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};
const SIGNED: Readonly<Record<string, Comparison>> = {
  "===": "==",
  "!==": "!=",
  "<": "s<",
  "<=": "s<=",
  ">": "s>",
  ">=": "s>=",
};

/** What a comparison of two operands tests; 64 bits, in which all numbers of 32 bits and less compare exactly. */
export function comparison(
  low: Lowerer,
  operator: BinaryOperator,
  leftOperand: Operand,
  rightOperand: Operand,
  span: Span,
): { readonly comparison: Comparison; readonly left: Value; readonly right: Value } | undefined {
  const left = materialize(low, leftOperand, span);
  const right = materialize(low, rightOperand, span);
  const leftType = operandType(low, left, span);
  const rightType = operandType(low, right, span);
  if (leftType === undefined || rightType === undefined) return undefined;
  const a =
    left.kind === "literal" ? low.builder.constant(left.value) : toTyped(low, left, span)?.value;
  const b =
    right.kind === "literal" ? low.builder.constant(right.value) : toTyped(low, right, span)?.value;
  if (a === undefined || b === undefined) return undefined;
  const equality = operator === "===" || operator === "!==";
  if (leftType.kind !== "int" || rightType.kind !== "int") {
    if (equality && sameType(leftType, rightType))
      return { comparison: UNSIGNED[operator] ?? "==", left: a, right: b };
    const hint =
      leftType.kind === "be" || rightType.kind === "be"
        ? "Turn network order round with ntohs() or ntohl()"
        : "Compare two values of one type";
    low.refuse(
      "no-comparison",
      span,
      `Cannot compare ${typeName(leftType)} ${operator} ${typeName(rightType)}: they are different things`,
      hint,
    );
    return undefined;
  }
  if ((leftType.bits === 64) !== (rightType.bits === 64)) {
    mixed(low, leftType, rightType, operator, span);
    return undefined;
  }
  const unsigned = (operand: Operand, type: IntType): boolean =>
    operand.kind === "literal" ? operand.value >= 0n : !type.signed;
  const leftUnsigned = unsigned(left, leftType);
  const rightUnsigned = unsigned(right, rightType);
  if (
    leftType.bits === 64 &&
    leftUnsigned !== rightUnsigned &&
    left.kind !== "literal" &&
    right.kind !== "literal"
  ) {
    mixed(low, leftType, rightType, operator, span);
    return undefined;
  }
  const asUnsigned =
    leftType.bits === 64
      ? left.kind === "literal"
        ? rightUnsigned
        : leftUnsigned
      : leftUnsigned && rightUnsigned;
  const [first, second] = equality ? withoutSwap(low, a, b) : [a, b];
  return {
    comparison: (asUnsigned ? UNSIGNED : SIGNED)[operator] ?? "==",
    left: first,
    right: second,
  };
}

/** A turned-round value that equals a constant is the value that equals the constant turned round. */
function withoutSwap(low: Lowerer, left: Value, right: Value): readonly [Value, Value] {
  const made = low.builder.program.values.get(left);
  const known = low.builder.constantOf(right);
  if (made?.op !== "swap" || known === undefined || known < 0n || known >> BigInt(made.bits) !== 0n)
    return [left, right];
  return [made.value, low.builder.constant(reverseBytes(known, made.bits))];
}

/** A number of some bits with its bytes in the other order. */
export function reverseBytes(value: bigint, bits: number): bigint {
  let result = 0n;
  for (let at = 0n; at < bits; at += 8n) result = (result << 8n) | ((value >> at) & 0xffn);
  return result;
}

/** A number cut to a type, by calling the type's schema. */
export function convertTo(low: Lowerer, operand: Operand, type: IntType, span: Span): Operand {
  if (operand.kind === "literal") {
    const cut = type.signed
      ? BigInt.asIntN(type.bits, operand.value)
      : BigInt.asUintN(type.bits, operand.value);
    return { kind: "value", type, value: low.builder.constant(cut) };
  }
  const typed = toTyped(low, operand, span);
  if (typed === undefined) return FAILED;
  if (typed.type.kind !== "int" && typed.type.kind !== "bool" && typed.type.kind !== "address")
    return low.refuse(
      "no-conversion",
      span,
      `Cannot convert ${typeName(typed.type)} to ${intName(type)}: it is no number`,
      typed.type.kind === "be"
        ? "Turn it round with ntohs() or ntohl()"
        : "Name one of its members",
    );
  return { kind: "value", type, value: wrap(low, typed.value, type) };
}
