import { ALU_OPERATION } from "@ocelli/bpf";

import {
  constantScalar,
  draftOf,
  fromDraft,
  isConstant,
  S32_MAX,
  S32_MIN,
  S64_MAX,
  S64_MIN,
  syncDraft,
  U32_MAX,
  unknownDraft,
  type Draft,
  type Scalar,
} from "./scalar.ts";
import {
  ONES,
  tnumAdd,
  tnumAnd,
  tnumCast,
  tnumMultiply,
  tnumOr,
  tnumShiftLeft,
  tnumShiftRight,
  tnumShiftRightSigned,
  tnumSub,
  tnumXor,
} from "./tnum.ts";

const U64_MAX = ONES;
const U32 = 0xffff_ffffn;

/**
 * What `a OPERATION b` gives, of 64 bits or of the lower 32, the rest cleared. Follows the kernel in what is known of
 * the result: nothing after divisions, and after shifts by an amount that is not known.
 */
export function scalarAlu(operation: number, a: Scalar, b: Scalar, is64: boolean): Scalar {
  const sources = sourcesOf(a, b);
  // The kernel forgets the upper half as well, which is 0 after a 32-bit operation.
  if (!isComputable(operation, b, is64)) return fromDraft(unknownDraft(), sources);
  if (is64 && isConstant(a) && isConstant(b))
    return constantScalar(fold(operation, a.value, b.value), sources);
  const draft = draftOf(a);
  apply(operation, draft, a, b, is64);
  if (!is64) zeroExtend(draft);
  syncDraft(draft);
  return fromDraft(draft, sources);
}

/** What a value depends on: only what is not yet known to matter needs to be remembered. */
export function sourcesOf(...scalars: readonly Scalar[]): readonly Scalar[] | undefined {
  // Also sources that are precise already: nothing is to be done for those.
  const open = scalars.filter((scalar) => !scalar.precise);
  return open.length === 0 ? undefined : open;
}

function isComputable(operation: number, b: Scalar, is64: boolean): boolean {
  switch (operation) {
    case ALU_OPERATION.add:
    case ALU_OPERATION.sub:
    case ALU_OPERATION.mul:
    case ALU_OPERATION.and:
    case ALU_OPERATION.or:
    case ALU_OPERATION.xor:
      return true;
    case ALU_OPERATION.lsh:
    case ALU_OPERATION.rsh:
    case ALU_OPERATION.arsh:
      return is64 ? isConstant(b) && b.value < 64n : (b.mask & U32) === 0n && b.umax32 < 32;
    default:
      return false;
  }
}

function fold(operation: number, a: bigint, b: bigint): bigint {
  switch (operation) {
    case ALU_OPERATION.add:
      return a + b;
    case ALU_OPERATION.sub:
      return a - b;
    case ALU_OPERATION.mul:
      return a * b;
    case ALU_OPERATION.and:
      return a & b;
    case ALU_OPERATION.or:
      return a | b;
    case ALU_OPERATION.xor:
      return a ^ b;
    case ALU_OPERATION.lsh:
      return a << b;
    case ALU_OPERATION.rsh:
      return a >> b;
    default:
      return BigInt.asIntN(64, a) >> b;
  }
}

function apply(operation: number, draft: Draft, a: Scalar, b: Scalar, is64: boolean): void {
  switch (operation) {
    case ALU_OPERATION.add:
      add(draft, a, b);
      return setBits(draft, tnumAdd(a, b));
    case ALU_OPERATION.sub:
      subtract(draft, a, b);
      return setBits(draft, tnumSub(a, b));
    case ALU_OPERATION.mul:
      setBits(draft, tnumMultiply(a, b));
      return multiply(draft, a, b);
    case ALU_OPERATION.and:
      setBits(draft, tnumAnd(a, b));
      return and(draft, a, b);
    case ALU_OPERATION.or:
      setBits(draft, tnumOr(a, b));
      return or(draft, a, b);
    case ALU_OPERATION.xor:
      setBits(draft, tnumXor(a, b));
      return xor(draft);
    case ALU_OPERATION.lsh:
      return shiftLeft(draft, a, b, is64);
    case ALU_OPERATION.rsh:
      return shiftRight(draft, a, b, is64);
    default:
      return shiftRightSigned(draft, a, b, is64);
  }
}

function setBits(draft: Draft, { value, mask }: { value: bigint; mask: bigint }): void {
  draft.value = value;
  draft.mask = mask;
}

function unbound32(draft: Draft): void {
  draft.umin32 = 0;
  draft.umax32 = U32_MAX;
  draft.smin32 = S32_MIN;
  draft.smax32 = S32_MAX;
}

/** Keeps the lower half, and sets the upper to 0. */
export function zeroExtend(draft: Draft): void {
  setBits(draft, tnumCast(draft, 4));
  draft.umin = BigInt(draft.umin32);
  draft.umax = BigInt(draft.umax32);
  draft.smin = draft.umin;
  draft.smax = draft.umax;
}

function add(draft: Draft, a: Scalar, b: Scalar): void {
  const smin = a.smin + b.smin;
  const smax = a.smax + b.smax;
  const fitsSigned = smin >= S64_MIN && smax <= S64_MAX;
  draft.smin = fitsSigned ? smin : S64_MIN;
  draft.smax = fitsSigned ? smax : S64_MAX;
  const umin = a.umin + b.umin;
  const umax = a.umax + b.umax;
  // Both ends overflow, or none: the range keeps its shape.
  const keepsShape = umin > U64_MAX === umax > U64_MAX;
  draft.umin = keepsShape ? umin & U64_MAX : 0n;
  draft.umax = keepsShape ? umax & U64_MAX : U64_MAX;
  const smin32 = a.smin32 + b.smin32;
  const smax32 = a.smax32 + b.smax32;
  const fits32 = smin32 >= S32_MIN && smax32 <= S32_MAX;
  draft.smin32 = fits32 ? smin32 : S32_MIN;
  draft.smax32 = fits32 ? smax32 : S32_MAX;
  const umin32 = a.umin32 + b.umin32;
  const umax32 = a.umax32 + b.umax32;
  const keeps32 = umin32 > U32_MAX === umax32 > U32_MAX;
  draft.umin32 = keeps32 ? umin32 >>> 0 : 0;
  draft.umax32 = keeps32 ? umax32 >>> 0 : U32_MAX;
}

function subtract(draft: Draft, a: Scalar, b: Scalar): void {
  const smin = a.smin - b.smax;
  const smax = a.smax - b.smin;
  const fitsSigned = smin >= S64_MIN && smax <= S64_MAX;
  draft.smin = fitsSigned ? smin : S64_MIN;
  draft.smax = fitsSigned ? smax : S64_MAX;
  const umin = a.umin - b.umax;
  const umax = a.umax - b.umin;
  const keepsShape = umin < 0n === umax < 0n;
  draft.umin = keepsShape ? umin & U64_MAX : 0n;
  draft.umax = keepsShape ? umax & U64_MAX : U64_MAX;
  const smin32 = a.smin32 - b.smax32;
  const smax32 = a.smax32 - b.smin32;
  const fits32 = smin32 >= S32_MIN && smax32 <= S32_MAX;
  draft.smin32 = fits32 ? smin32 : S32_MIN;
  draft.smax32 = fits32 ? smax32 : S32_MAX;
  const umin32 = a.umin32 - b.umax32;
  const umax32 = a.umax32 - b.umin32;
  const keeps32 = umin32 < 0 === umax32 < 0;
  draft.umin32 = keeps32 ? umin32 >>> 0 : 0;
  draft.umax32 = keeps32 ? umax32 >>> 0 : U32_MAX;
}

function multiply(draft: Draft, a: Scalar, b: Scalar): void {
  const umax = a.umax * b.umax;
  const fits = umax <= U64_MAX;
  draft.umin = fits ? a.umin * b.umin : 0n;
  draft.umax = fits ? umax : U64_MAX;
  const ends = [a.smin * b.smin, a.smin * b.smax, a.smax * b.smin, a.smax * b.smax];
  let smin = ends[0] ?? S64_MIN;
  let smax = smin;
  for (const end of ends) {
    if (end < smin) smin = end;
    if (end > smax) smax = end;
  }
  const fitsSigned = smin >= S64_MIN && smax <= S64_MAX;
  draft.smin = fitsSigned ? smin : S64_MIN;
  draft.smax = fitsSigned ? smax : S64_MAX;
  // Products of two 32-bit numbers need up to 64 bits, which a double does not have; those are out of range anyway.
  const umax32 = a.umax32 * b.umax32;
  draft.umin32 = umax32 <= U32_MAX ? a.umin32 * b.umin32 : 0;
  draft.umax32 = umax32 <= U32_MAX ? umax32 : U32_MAX;
  const ends32 = [
    a.smin32 * b.smin32,
    a.smin32 * b.smax32,
    a.smax32 * b.smin32,
    a.smax32 * b.smax32,
  ];
  const smin32 = Math.min(...ends32);
  const smax32 = Math.max(...ends32);
  const fits32 = smin32 >= S32_MIN && smax32 <= S32_MAX;
  // Adding 0 turns the negative zero of a double into 0.
  draft.smin32 = fits32 ? smin32 + 0 : S32_MIN;
  draft.smax32 = fits32 ? smax32 + 0 : S32_MAX;
}

/** Signed ranges of bit operations: those of the unsigned one where it does not cross the sign's border. */
function signFromUnsigned(draft: Draft): void {
  const crosses = BigInt.asIntN(64, draft.umin) > BigInt.asIntN(64, draft.umax);
  draft.smin = crosses ? S64_MIN : BigInt.asIntN(64, draft.umin);
  draft.smax = crosses ? S64_MAX : BigInt.asIntN(64, draft.umax);
  const crosses32 = (draft.umin32 | 0) > (draft.umax32 | 0);
  draft.smin32 = crosses32 ? S32_MIN : draft.umin32 | 0;
  draft.smax32 = crosses32 ? S32_MAX : draft.umax32 | 0;
}

function and(draft: Draft, a: Scalar, b: Scalar): void {
  draft.umin = draft.value;
  draft.umax = a.umax < b.umax ? a.umax : b.umax;
  draft.umin32 = Number(draft.value & U32);
  draft.umax32 = Math.min(a.umax32, b.umax32);
  signFromUnsigned(draft);
}

function or(draft: Draft, a: Scalar, b: Scalar): void {
  draft.umin = a.umin > b.umin ? a.umin : b.umin;
  draft.umax = draft.value | draft.mask;
  draft.umin32 = Math.max(a.umin32, b.umin32);
  draft.umax32 = Number((draft.value | draft.mask) & U32);
  signFromUnsigned(draft);
}

function xor(draft: Draft): void {
  draft.umin = draft.value;
  draft.umax = draft.value | draft.mask;
  draft.umin32 = Number(draft.value & U32);
  draft.umax32 = Number((draft.value | draft.mask) & U32);
  signFromUnsigned(draft);
}

function shiftLeft(draft: Draft, a: Scalar, b: Scalar, is64: boolean): void {
  const by = is64 ? Number(b.value) : b.umax32;
  const wide = BigInt(by);
  if (is64) {
    setBits(draft, tnumShiftLeft(a, wide));
    // Shifting an int up and down again extends its sign.
    draft.smin = by === 32 ? BigInt(a.smin32) << 32n : S64_MIN;
    draft.smax = by === 32 ? BigInt(a.smax32) << 32n : S64_MAX;
    const fits = a.umax <= U64_MAX >> wide;
    draft.umin = fits ? a.umin << wide : 0n;
    draft.umax = fits ? a.umax << wide : U64_MAX;
    return unbound32(draft);
  }
  setBits(draft, tnumShiftLeft(tnumCast(a, 4), wide));
  setBits(draft, tnumCast(draft, 4));
  draft.smin32 = S32_MIN;
  draft.smax32 = S32_MAX;
  const fits = BigInt(a.umax32) << wide <= U32;
  draft.umin32 = fits ? a.umin32 * 2 ** by : 0;
  draft.umax32 = fits ? a.umax32 * 2 ** by : U32_MAX;
}

function shiftRight(draft: Draft, a: Scalar, b: Scalar, is64: boolean): void {
  if (is64) {
    const by = b.value;
    setBits(draft, tnumShiftRight(a, by));
    draft.smin = S64_MIN;
    draft.smax = S64_MAX;
    draft.umin = a.umin >> by;
    draft.umax = a.umax >> by;
    return unbound32(draft);
  }
  const by = b.umax32;
  setBits(draft, tnumShiftRight(tnumCast(a, 4), BigInt(by)));
  draft.smin32 = S32_MIN;
  draft.smax32 = S32_MAX;
  draft.umin32 = a.umin32 >>> by;
  draft.umax32 = a.umax32 >>> by;
}

function shiftRightSigned(draft: Draft, a: Scalar, b: Scalar, is64: boolean): void {
  if (is64) {
    setBits(draft, tnumShiftRightSigned(a, b.value, 64));
    draft.smin = a.smin >> b.value;
    draft.smax = a.smax >> b.value;
    draft.umin = 0n;
    draft.umax = U64_MAX;
    return unbound32(draft);
  }
  setBits(draft, tnumShiftRightSigned(tnumCast(a, 4), BigInt(b.umax32), 32));
  draft.smin32 = a.smin32 >> b.umax32;
  draft.smax32 = a.smax32 >> b.umax32;
  draft.umin32 = 0;
  draft.umax32 = U32_MAX;
}

/** `-a`. */
export function scalarNegate(a: Scalar, is64: boolean): Scalar {
  return replaceSources(scalarAlu(ALU_OPERATION.sub, constantScalar(0n), a, is64), a);
}

function replaceSources(result: Scalar, a: Scalar): Scalar {
  return fromDraft(result, sourcesOf(a));
}

/** The lower 32 bits of `a`, zero-extended: what a 32-bit move gives. */
export function scalarLow(a: Scalar): Scalar {
  if (a.umax <= U32) return a;
  const draft = draftOf(a);
  zeroExtend(draft);
  syncDraft(draft);
  return fromDraft(draft, sourcesOf(a));
}

/** The lower `bytes` of `a`, zero-extended. */
export function scalarTruncate(a: Scalar, bytes: number): Scalar {
  if (bytes === 4) return scalarLow(a);
  const limit = (1n << BigInt(bytes * 8)) - 1n;
  if (bytes >= 8 || a.umax <= limit) return a;
  const draft = draftOf(a);
  setBits(draft, tnumCast(a, bytes));
  // Both ends agree in what is cut off: the range keeps its shape.
  const same = (a.umin & ~limit) === (a.umax & ~limit);
  draft.umin = same ? a.umin & limit : 0n;
  draft.umax = same ? a.umax & limit : limit;
  draft.smin = draft.umin;
  draft.smax = draft.umax;
  unbound32(draft);
  syncDraft(draft);
  return fromDraft(draft, sourcesOf(a));
}

/** The lower `bytes` of `a`, sign-extended to 64 bits, or to 32 with the rest cleared. */
export function scalarSignExtend(a: Scalar, bytes: number, is64: boolean): Scalar {
  const bits = bytes * 8;
  const sources = sourcesOf(a);
  if (isConstant(a)) {
    const extended = BigInt.asIntN(bits, a.value);
    return constantScalar(is64 ? extended : BigInt.asUintN(32, extended), sources);
  }
  // Follows the kernel: the bits that were known are forgotten, unless both ends have the same sign and upper bits.
  const half = 1n << BigInt(bits - 1);
  const draft = unknownDraft();
  draft.smin = -half;
  draft.smax = half - 1n;
  const sameUpper = a.smin >> BigInt(bits) === a.smax >> BigInt(bits);
  const low = BigInt.asIntN(bits, a.smin);
  const high = BigInt.asIntN(bits, a.smax);
  if (sameUpper && low < 0n === high < 0n) {
    draft.smin = low;
    draft.smax = high;
  }
  if (!is64) {
    draft.smin32 = Number(draft.smin);
    draft.smax32 = Number(draft.smax);
    draft.smin = S64_MIN;
    draft.smax = S64_MAX;
    setBits(draft, tnumCast(draft, 4));
    draft.umin32 = 0;
    draft.umax32 = U32_MAX;
    syncLow(draft);
    zeroExtend(draft);
  }
  syncDraft(draft);
  return fromDraft(draft, sources);
}

/** Unsigned 32-bit ends from signed ones, where these do not cross the sign. */
function syncLow(draft: Draft): void {
  if (draft.smin32 >>> 0 > draft.smax32 >>> 0) return;
  draft.umin32 = draft.smin32 >>> 0;
  draft.umax32 = draft.smax32 >>> 0;
}
