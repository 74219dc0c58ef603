// 64-bit division over two halves of 32 bits. Results go to `quotient` and `remainder`, module-level scratch that the
// caller reads at once.
//
// Most operands are below 2^53, where floating point divides exactly: with a, b < 2^53 the quotient's error is below
// half a unit in its last place, so that rounding down can be wrong only when a / b rounds up to a whole number, and
// then the remainder is negative and tells. The rest goes through BigInt.

const EXACT = 0x20_0000; // upper halves below 2^21 keep a value below 2^53
const WORD = 0x1_0000_0000;

/** Two halves that a division leaves. */
export interface Halves {
  low: number;
  high: number;
}

/** Scratch: what `divide()` found last. Read it before anything else divides. */
export const quotient: Halves = { low: 0, high: 0 };
/** Scratch: what `divide()` left over last. */
export const remainder: Halves = { low: 0, high: 0 };

/** Unsigned division by a divisor that is not 0. */
export function divide(al: number, ah: number, bl: number, bh: number): void {
  const upperA = ah >>> 0;
  const upperB = bh >>> 0;
  if (upperA >= EXACT || upperB >= EXACT) {
    divideLarge(al, ah, bl, bh);
    return;
  }
  const a = upperA * WORD + (al >>> 0);
  const b = upperB * WORD + (bl >>> 0);
  let q = Math.floor(a / b);
  let r = a - q * b;
  if (r < 0) {
    q -= 1;
    r += b;
  }
  quotient.low = q | 0;
  quotient.high = (q / WORD) | 0;
  remainder.low = r | 0;
  remainder.high = (r / WORD) | 0;
}

function divideLarge(al: number, ah: number, bl: number, bh: number): void {
  const a = (BigInt(ah >>> 0) << 32n) | BigInt(al >>> 0);
  const b = (BigInt(bh >>> 0) << 32n) | BigInt(bl >>> 0);
  put(quotient, a / b);
  put(remainder, a % b);
}

function put(halves: Halves, value: bigint): void {
  halves.low = Number(BigInt.asIntN(32, value));
  halves.high = Number(BigInt.asIntN(32, value >> 32n));
}

function negate(halves: Halves): void {
  halves.low = -halves.low | 0;
  halves.high = (~halves.high + (halves.low === 0 ? 1 : 0)) | 0;
}

/** Signed division, rounding to zero, by a divisor that is not 0: the smallest number by -1 gives itself, remainder 0. */
export function divideSigned(al: number, ah: number, bl: number, bh: number): void {
  const a = { low: al, high: ah };
  const b = { low: bl, high: bh };
  if (ah < 0) negate(a);
  if (bh < 0) negate(b);
  divide(a.low, a.high, b.low, b.high);
  if (ah < 0 !== bh < 0) negate(quotient);
  if (ah < 0) negate(remainder);
}

/** The upper half of the unsigned product of two words. */
export function multiplyHigh(a: number, b: number): number {
  // (ah·2^16 + al)(bh·2^16 + bl) by parts; every sum stays below 2^33 and is exact.
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const middle = ah * bl + ((al * bl) >>> 16);
  const other = al * bh + (middle & 0xffff);
  return (ah * bh + Math.floor(middle / 0x1_0000) + Math.floor(other / 0x1_0000)) | 0;
}
