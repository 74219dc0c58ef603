// Known bits of a 64-bit number ("tristate numbers" of the kernel, kernel/bpf/tnum.c; Vishwanathan et al., "Sound,
// Precise, and Fast Abstract Interpretation with Tristate Numbers", CGO 2022). A bit of `mask` that is 1 is not known;
// where it is 0 the bit of `value` is the number's.

/** All 64 bits. */
export const ONES = 0xffff_ffff_ffff_ffffn;
const LOW = 0xffff_ffffn;
const HIGH = 0xffff_ffff_0000_0000n;

/** What is known about each bit of a number. `value & mask` is 0. */
export interface Tnum {
  readonly value: bigint;
  readonly mask: bigint;
}

/** Nothing is known. */
export const TNUM_UNKNOWN: Tnum = { value: 0n, mask: ONES };

/** What all numbers from `min` to `max`, unsigned, have in common: their leading bits. */
export function tnumRange(min: bigint, max: bigint): Tnum {
  const difference = min ^ max;
  if (difference === 0n) return { value: min, mask: 0n };
  const bits = bitLength(difference);
  if (bits > 63) return TNUM_UNKNOWN;
  const mask = (1n << BigInt(bits)) - 1n;
  return { value: min & ~mask & ONES, mask };
}

/** How many bits a number of at most 64 bits has. */
export function bitLength(value: bigint): number {
  const high = Number(value >> 32n);
  return high === 0 ? 32 - Math.clz32(Number(value & LOW)) : 64 - Math.clz32(high);
}

/** `a + b`, 64 bits. */
export function tnumAdd(a: Tnum, b: Tnum): Tnum {
  const masks = a.mask + b.mask;
  const values = a.value + b.value;
  const sum = masks + values;
  const mask = ((sum ^ values) | a.mask | b.mask) & ONES;
  return { value: values & ~mask & ONES, mask };
}

/** `a - b`, 64 bits. */
export function tnumSub(a: Tnum, b: Tnum): Tnum {
  const difference = a.value - b.value;
  const most = difference + a.mask;
  const least = difference - b.mask;
  const mask = ((most ^ least) | a.mask | b.mask) & ONES;
  return { value: difference & ~mask & ONES, mask };
}

/** `a & b`. */
export function tnumAnd(a: Tnum, b: Tnum): Tnum {
  const maybe = (a.value | a.mask) & (b.value | b.mask);
  const value = a.value & b.value;
  return { value, mask: maybe & ~value };
}

/** `a | b`. */
export function tnumOr(a: Tnum, b: Tnum): Tnum {
  const value = a.value | b.value;
  return { value, mask: (a.mask | b.mask) & ~value };
}

/** `a ^ b`. */
export function tnumXor(a: Tnum, b: Tnum): Tnum {
  const mask = a.mask | b.mask;
  return { value: (a.value ^ b.value) & ~mask, mask };
}

/** `a * b`, 64 bits: long multiplication that adds what an unknown bit of `a` may contribute. */
export function tnumMultiply(a: Tnum, b: Tnum): Tnum {
  const known = (a.value * b.value) & ONES;
  let unknown: Tnum = { value: 0n, mask: 0n };
  let { value, mask } = a;
  let other = b;
  while (value !== 0n || mask !== 0n) {
    if ((value & 1n) !== 0n) unknown = tnumAdd(unknown, { value: 0n, mask: other.mask });
    else if ((mask & 1n) !== 0n)
      unknown = tnumAdd(unknown, { value: 0n, mask: other.value | other.mask });
    value >>= 1n;
    mask >>= 1n;
    other = tnumShiftLeft(other, 1n);
  }
  return tnumAdd({ value: known, mask: 0n }, unknown);
}

/** `a << by`, 64 bits. */
export function tnumShiftLeft(a: Tnum, by: bigint): Tnum {
  return { value: (a.value << by) & ONES, mask: (a.mask << by) & ONES };
}

/** `a >> by`, unsigned. */
export function tnumShiftRight(a: Tnum, by: bigint): Tnum {
  return { value: a.value >> by, mask: a.mask >> by };
}

/** `a >> by`, signed in the lower `bits`; of 32 the upper half of the result is 0. */
export function tnumShiftRightSigned(a: Tnum, by: bigint, bits: 32 | 64): Tnum {
  return {
    value: BigInt.asUintN(bits, BigInt.asIntN(bits, a.value) >> by),
    mask: BigInt.asUintN(bits, BigInt.asIntN(bits, a.mask) >> by),
  };
}

/** The lower `bytes` alone. */
export function tnumCast(a: Tnum, bytes: number): Tnum {
  const bits = bytes * 8;
  return { value: BigInt.asUintN(bits, a.value), mask: BigInt.asUintN(bits, a.mask) };
}

/** Both are true of the number: what either knows is known. */
export function tnumIntersect(a: Tnum, b: Tnum): Tnum {
  const mask = a.mask & b.mask;
  return { value: (a.value | b.value) & ~mask, mask };
}

/** The upper half of `high` with the lower half of `low`. */
export function tnumWithLow(high: Tnum, low: Tnum): Tnum {
  return {
    value: (high.value & HIGH) | (low.value & LOW),
    mask: (high.mask & HIGH) | (low.mask & LOW),
  };
}
