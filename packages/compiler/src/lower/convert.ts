import type { Span } from "@ocelli/bpf";

import type { Value } from "../ir/ir.ts";
import { isWithin, rangeOf, signedRange, unsignedRange, type Range } from "../ir/range.ts";
import { intName, isPointer, sameType, typeName, type IntType, type Type } from "../types/type.ts";
import type { Lowerer } from "./lowerer.ts";
import { readPlace } from "./memory.ts";
import type { Operand } from "./operand.ts";

/** A value in a register with its type. */
export interface Typed {
  readonly type: Type;
  readonly value: Value;
}

/** All numbers of a type. */
export function rangeOfInt({ bits, signed }: IntType): Range {
  return signed ? signedRange(bits) : unsignedRange(bits);
}

/** What a value of a type can be. */
export function knownRange(low: Lowerer, value: Value, type: IntType): Range {
  const whole = rangeOfInt(type);
  const found = rangeOf(low.builder.program.values, value);
  return found !== undefined && isWithin(found, whole) ? found : whole;
}

/** An operand as a typed value in a register; `undefined` after a refusal, and for what is no value. */
export function toTyped(low: Lowerer, operand: Operand, span: Span): Typed | undefined {
  switch (operand.kind) {
    case "value":
      return operand;
    case "literal": {
      const { big, value } = operand;
      const type: IntType = big
        ? { kind: "int", bits: 64, signed: value < 0n }
        : { kind: "int", bits: 32, signed: value < 0n };
      return fits(low, value, type, span)
        ? { type, value: low.builder.constant(value) }
        : undefined;
    }
    case "place": {
      const read = readPlace(low, operand);
      if (read !== undefined) return read;
      low.refuse(
        "not-a-number",
        span,
        "Cannot use a struct or a buffer as a number",
        "Name one of its members",
      );
      return undefined;
    }
    case "failed":
      return undefined;
    case "maybe":
      low.refuse(
        "optional-value",
        span,
        "Cannot use the value behind ?.: where there is none it has no width",
        "Say what it is then: value ?? 0, or check with if first",
      );
      return undefined;
    default:
      low.refuse(
        "not-a-value",
        span,
        `Cannot use ${describeOperand(operand)} as a value`,
        "Use a number, a member or the result of a call",
      );
      return undefined;
  }
}

/** An operand in words. */
export function describeOperand(operand: Operand): string {
  switch (operand.kind) {
    case "value":
      return typeName(operand.type);
    case "literal":
      return String(operand.value) + (operand.big ? "n" : "");
    case "entity":
      return operand.entity.kind === "map"
        ? `the map "${operand.entity.name}"`
        : `a ${operand.entity.kind}`;
    case "method":
      return `the method "${operand.name}" without a call`;
    case "kernel-place":
      return "a kernel struct";
    default:
      return operand.kind === "undefined" ? "undefined" : `a ${operand.kind}`;
  }
}

function fits(low: Lowerer, value: bigint, type: IntType, span: Span): boolean {
  const { min, max } = rangeOfInt(type);
  if (value >= min && value <= max) return true;
  low.refuse(
    "literal-range",
    span,
    `Cannot use ${value} as ${intName(type)}: it holds ${min} to ${max}`,
    `Use a number in that range, or a wider type`,
  );
  return false;
}

/** Cuts a value to a type, as that type's schema does when it is called; its register shows the type's own extension. */
export function wrap(low: Lowerer, value: Value, to: IntType): Value {
  if (to.bits === 64) return value;
  const range = rangeOf(low.builder.program.values, value);
  if (range !== undefined && isWithin(range, rangeOfInt(to))) return value;
  return low.builder.extend(to.signed, to.bits, value);
}

/**
 * An operand as a value of the type that a place wants: widening happens by itself, narrowing only where the number is known
 * to fit.
 */
export function toType(low: Lowerer, operand: Operand, to: Type, span: Span): Value | undefined {
  if (operand.kind === "undefined" && isPointer(to)) return low.builder.constant(0n);
  if (operand.kind === "literal" && to.kind === "int") {
    if (operand.big !== (to.bits === 64)) {
      const right = to.bits === 64 ? `${operand.value}n` : String(operand.value);
      low.refuse(
        "mixed-width",
        span,
        `Cannot use ${describeOperand(operand)} as ${intName(to)}: ${to.bits === 64 ? "64-bit numbers are bigints" : "bigints have 64 bits"}`,
        `Write ${right}`,
      );
      return undefined;
    }
    return fits(low, operand.value, to, span) ? low.builder.constant(operand.value) : undefined;
  }
  const typed = toTyped(low, operand, span);
  if (typed === undefined) return undefined;
  const { type, value } = typed;
  if (sameType(type, to)) return value;
  if (type.kind === "bool" && to.kind === "int" && to.bits !== 64) return value;
  if (type.kind === "address" && to.kind === "int" && to.bits === 64) return value;
  if (type.kind !== "int" || to.kind !== "int") {
    const fix =
      type.kind === "be"
        ? "Turn it round with ntohs() or ntohl()"
        : to.kind === "be"
          ? "Turn it round with htons() or htonl()"
          : `A ${typeName(to)} is wanted here`;
    low.refuse(
      "type-mismatch",
      span,
      `Cannot use ${typeName(type)} as ${typeName(to)}: they are different things`,
      fix,
    );
    return undefined;
  }
  if ((type.bits === 64) !== (to.bits === 64)) {
    low.refuse(
      "mixed-width",
      span,
      `Cannot use ${intName(type)} as ${intName(to)}: number and bigint do not mix`,
      `Convert it: ${intName(to)}(…)`,
    );
    return undefined;
  }
  if (isWithin(knownRange(low, value, type), rangeOfInt(to))) return value;
  low.refuse(
    "narrowing",
    span,
    `Cannot use ${intName(type)} as ${intName(to)}: it may not fit`,
    `Cut it on purpose: ${intName(to)}(…)`,
  );
  return undefined;
}
