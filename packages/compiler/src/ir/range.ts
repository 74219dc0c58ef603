import type { Instruction, Value } from "./ir.ts";

/** The whole numbers from `min` to `max`, as a value's 64-bit register shows them. */
export interface Range {
  readonly min: bigint;
  readonly max: bigint;
}

const LIMIT = 1n << 62n;

function range(min: bigint, max: bigint): Range | undefined {
  return min < -LIMIT || max > LIMIT ? undefined : { min, max };
}

/** The unsigned numbers of some bits. */
export function unsignedRange(bits: number): Range {
  return { min: 0n, max: (1n << BigInt(bits)) - 1n };
}

/** The signed numbers of some bits. */
export function signedRange(bits: number): Range {
  return { min: -(1n << BigInt(bits - 1)), max: (1n << BigInt(bits - 1)) - 1n };
}

/** Whether every number of the first lies in the second. */
export function isWithin(inner: Range, outer: Range): boolean {
  return inner.min >= outer.min && inner.max <= outer.max;
}

const DEPTH = 12;

/** What a value can be, as far as the instructions that make it show; `undefined` when that is anything. */
export function rangeOf(
  values: ReadonlyMap<Value, Instruction>,
  value: Value,
  depth = 0,
): Range | undefined {
  const one = values.get(value);
  if (one === undefined || depth > DEPTH) return undefined;
  const of = (operand: Value): Range | undefined => rangeOf(values, operand, depth + 1);
  switch (one.op) {
    case "const":
      return range(one.value, one.value);
    case "load":
      return one.width === 8 ? undefined : unsignedRange(one.width * 8);
    case "swap":
      return one.bits === 64 ? undefined : unsignedRange(one.bits);
    case "extend": {
      const whole = one.signed ? signedRange(one.bits) : unsignedRange(one.bits);
      const inner = of(one.value);
      return inner !== undefined && isWithin(inner, whole) ? inner : whole;
    }
    case "arithmetic": {
      const result = arithmeticRange(one.operator, of(one.left), of(one.right));
      if (one.bits === 64) return result;
      const whole = unsignedRange(32);
      return result !== undefined && isWithin(result, whole) ? result : whole;
    }
    default:
      return undefined;
  }
}

/** What an operation on 64 bits gives for operands in these ranges; `undefined` when it may wrap or is not known. */
export function arithmeticRange(
  operator: string,
  left: Range | undefined,
  right: Range | undefined,
): Range | undefined {
  if (operator === "and") {
    const masks = [left, right].filter((one) => one !== undefined && one.min >= 0n);
    const max = masks.reduce<bigint | undefined>(
      (least, one) =>
        one !== undefined && (least === undefined || one.max < least) ? one.max : least,
      undefined,
    );
    return max === undefined ? undefined : { min: 0n, max };
  }
  if (left === undefined || right === undefined) return undefined;
  const constant = right.min === right.max ? right.min : undefined;
  switch (operator) {
    case "add":
      return range(left.min + right.min, left.max + right.max);
    case "sub":
      return range(left.min - right.max, left.max - right.min);
    case "mul": {
      const corners = [
        left.min * right.min,
        left.min * right.max,
        left.max * right.min,
        left.max * right.max,
      ];
      const min = corners.reduce((a, b) => (a < b ? a : b));
      const max = corners.reduce((a, b) => (a > b ? a : b));
      return range(min, max);
    }
    case "or":
    case "xor": {
      if (left.min < 0n || right.min < 0n) return undefined;
      const most = left.max > right.max ? left.max : right.max;
      return { min: 0n, max: (1n << BigInt(most.toString(2).length)) - 1n };
    }
    case "shl":
      return constant === undefined || constant < 0n || constant > 62n
        ? undefined
        : range(left.min << constant, left.max << constant);
    case "shr":
    case "sar":
      return constant === undefined || constant < 0n || constant > 63n || left.min < 0n
        ? undefined
        : { min: left.min >> constant, max: left.max >> constant };
    case "div":
      return constant === undefined || constant <= 0n || left.min < 0n
        ? undefined
        : { min: left.min / constant, max: left.max / constant };
    case "mod":
      return constant === undefined || constant <= 0n || left.min < 0n
        ? undefined
        : { min: 0n, max: constant - 1n < left.max ? constant - 1n : left.max };
    default:
      return undefined;
  }
}
