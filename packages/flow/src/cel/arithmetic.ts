import { CelRuntimeError } from "./problem.ts";
import { CelDuration, CelTimestamp, isList, Uint, type CelValue } from "./values.ts";

// 0001-01-01 and 9999-12-31T23:59:59.999999999Z in nanoseconds since 1970.
const FIRST = -62_135_596_800_000_000_000n;
const LAST = 253_402_300_799_999_999_999n;

/** A signed result; throws when it needs more than 64 bits. */
export function toInt(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw new CelRuntimeError("integer overflow");
  return value;
}

/** An unsigned result; throws when it needs more than 64 bits. */
export function toUint(value: bigint): Uint {
  if (BigInt.asUintN(64, value) !== value) throw new CelRuntimeError("unsigned integer overflow");
  return new Uint(value);
}

/** A point in time; throws outside the years 1 to 9999. */
export function toTimestamp(ns: bigint): CelTimestamp {
  if (ns < FIRST || ns > LAST) throw new CelRuntimeError("timestamp overflow");
  return new CelTimestamp(ns);
}

/** A duration; throws when its nanoseconds need more than 64 bits. */
export function toDuration(ns: bigint): CelDuration {
  if (BigInt.asIntN(64, ns) !== ns) throw new CelRuntimeError("duration overflow");
  return new CelDuration(ns);
}

/** `left operator right` for the operators `+ - * / %`. Throws where the types have no such operation. */
export function calculate(operator: string, left: CelValue, right: CelValue): CelValue {
  if (typeof left === "bigint" && typeof right === "bigint") {
    return toInt(integers(operator, left, right));
  }
  if (left instanceof Uint && right instanceof Uint) {
    return toUint(integers(operator, left.value, right.value));
  }
  if (typeof left === "number" && typeof right === "number") return doubles(operator, left, right);
  if (operator === "+") return add(left, right);
  if (operator === "-") return subtract(left, right);
  throw new CelRuntimeError("no such overload");
}

function integers(operator: string, left: bigint, right: bigint): bigint {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    default:
      if (right === 0n) {
        throw new CelRuntimeError(operator === "/" ? "division by zero" : "modulus by zero");
      }
      return operator === "/" ? left / right : left % right;
  }
}

function doubles(operator: string, left: number, right: number): number {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    default:
      throw new CelRuntimeError("no such overload");
  }
}

function add(left: CelValue, right: CelValue): CelValue {
  if (typeof left === "string" && typeof right === "string") return left + right;
  if (left instanceof Uint8Array && right instanceof Uint8Array) {
    return Uint8Array.from([...left, ...right]);
  }
  if (isList(left) && isList(right)) return [...left, ...right];
  if (left instanceof CelDuration && right instanceof CelDuration) {
    return toDuration(left.ns + right.ns);
  }
  if (left instanceof CelTimestamp && right instanceof CelDuration) {
    return toTimestamp(left.ns + right.ns);
  }
  if (left instanceof CelDuration && right instanceof CelTimestamp) {
    return toTimestamp(left.ns + right.ns);
  }
  throw new CelRuntimeError("no such overload");
}

function subtract(left: CelValue, right: CelValue): CelValue {
  if (left instanceof CelTimestamp && right instanceof CelTimestamp) {
    return toDuration(left.ns - right.ns);
  }
  if (left instanceof CelTimestamp && right instanceof CelDuration) {
    return toTimestamp(left.ns - right.ns);
  }
  if (left instanceof CelDuration && right instanceof CelDuration) {
    return toDuration(left.ns - right.ns);
  }
  throw new CelRuntimeError("no such overload");
}
