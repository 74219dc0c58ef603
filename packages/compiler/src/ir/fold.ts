import type { Arithmetic } from "./ir.ts";

/** An operation on two constants, as the BPF machine computes it: a division by 0 gives 0, a remainder the dividend. */
export function foldArithmetic(
  operator: Arithmetic,
  bits: 32 | 64,
  left: bigint,
  right: bigint,
): bigint {
  const a = BigInt.asUintN(bits, left);
  const b = BigInt.asUintN(bits, right);
  const count = b & BigInt(bits - 1);
  return bits === 64
    ? BigInt.asIntN(64, compute(operator, bits, a, b, count))
    : BigInt.asUintN(32, compute(operator, bits, a, b, count));
}

function compute(operator: Arithmetic, bits: 32 | 64, a: bigint, b: bigint, count: bigint): bigint {
  switch (operator) {
    case "add":
      return a + b;
    case "sub":
      return a - b;
    case "mul":
      return a * b;
    case "div":
      return b === 0n ? 0n : a / b;
    case "mod":
      return b === 0n ? a : a % b;
    case "and":
      return a & b;
    case "or":
      return a | b;
    case "xor":
      return a ^ b;
    case "shl":
      return a << count;
    case "shr":
      return a >> count;
    default:
      return BigInt.asIntN(bits, a) >> count;
  }
}
