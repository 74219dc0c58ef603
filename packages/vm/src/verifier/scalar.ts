import { ONES, tnumIntersect, tnumRange, tnumWithLow } from "./tnum.ts";

/** Smallest signed number of 64 bits. */
export const S64_MIN = -0x8000_0000_0000_0000n;
/** Largest signed number of 64 bits. */
export const S64_MAX = 0x7fff_ffff_ffff_ffffn;
/** Smallest signed number of 32 bits. */
export const S32_MIN = -0x8000_0000;
/** Largest signed number of 32 bits. */
export const S32_MAX = 0x7fff_ffff;
/** Largest unsigned number of 32 bits. */
export const U32_MAX = 0xffff_ffff;

/**
 * What is known about a number: its bits (`value`, `mask` as in `Tnum`) and its ranges as an unsigned and a signed number,
 * of all 64 bits and of the lower 32. Each narrows the others. Immutable but for the two fields at the end.
 */
export interface Scalar {
  readonly kind: "scalar";
  readonly value: bigint;
  readonly mask: bigint;
  readonly umin: bigint;
  readonly umax: bigint;
  readonly smin: bigint;
  readonly smax: bigint;
  readonly umin32: number;
  readonly umax32: number;
  readonly smin32: number;
  readonly smax32: number;
  /** Scalars with the same id, not 0, differ by constants only: `delta` is what was added to the first of them. */
  readonly id: number;
  readonly delta: number;
  /** Its range decided something on the way on: states are compared by it. Set by `markPrecise()`. */
  precise: boolean;
  /** What it was computed from: precise when it is. Dropped once that is done. */
  sources: readonly Scalar[] | undefined;
}

/** Ranges while they are computed. */
export interface Draft {
  value: bigint;
  mask: bigint;
  umin: bigint;
  umax: bigint;
  smin: bigint;
  smax: bigint;
  umin32: number;
  umax32: number;
  smin32: number;
  smax32: number;
}

/** A known number; only the lower 64 bits of `value` count. */
export function constantScalar(value: bigint, sources?: readonly Scalar[]): Scalar {
  const unsigned = BigInt.asUintN(64, value);
  const signed = BigInt.asIntN(64, value);
  const low = Number(unsigned & 0xffff_ffffn);
  return {
    kind: "scalar",
    value: unsigned,
    mask: 0n,
    umin: unsigned,
    umax: unsigned,
    smin: signed,
    smax: signed,
    umin32: low,
    umax32: low,
    smin32: low | 0,
    smax32: low | 0,
    id: 0,
    delta: 0,
    precise: false,
    sources,
  };
}

/** A number of which nothing is known. */
export function unknownScalar(sources?: readonly Scalar[]): Scalar {
  return fromDraft(unknownDraft(), sources);
}

/** A number of `bytes` bytes, zero-extended. */
export function unsignedScalar(bytes: number): Scalar {
  if (bytes >= 8) return unknownScalar();
  const draft = unknownDraft();
  draft.mask = (1n << BigInt(bytes * 8)) - 1n;
  syncDraft(draft);
  return fromDraft(draft);
}

/** A number from `min` to `max`, signed. */
export function rangedScalar(min: bigint, max: bigint): Scalar {
  if (min === max) return constantScalar(min);
  const draft = unknownDraft();
  draft.smin = min;
  draft.smax = max;
  syncDraft(draft);
  return fromDraft(draft);
}

/** A draft of which nothing is known. */
export function unknownDraft(): Draft {
  return {
    value: 0n,
    mask: ONES,
    umin: 0n,
    umax: ONES,
    smin: S64_MIN,
    smax: S64_MAX,
    umin32: 0,
    umax32: U32_MAX,
    smin32: S32_MIN,
    smax32: S32_MAX,
  };
}

/** A draft that knows what `scalar` does. */
export function draftOf(scalar: Scalar): Draft {
  return {
    value: scalar.value,
    mask: scalar.mask,
    umin: scalar.umin,
    umax: scalar.umax,
    smin: scalar.smin,
    smax: scalar.smax,
    umin32: scalar.umin32,
    umax32: scalar.umax32,
    smin32: scalar.smin32,
    smax32: scalar.smax32,
  };
}

/** The finished form of a draft that `syncDraft()` has seen. */
export function fromDraft(draft: Draft, sources?: readonly Scalar[], id = 0, delta = 0): Scalar {
  return {
    kind: "scalar",
    value: draft.value,
    mask: draft.mask,
    umin: draft.umin,
    umax: draft.umax,
    smin: draft.smin,
    smax: draft.smax,
    umin32: draft.umin32,
    umax32: draft.umax32,
    smin32: draft.smin32,
    smax32: draft.smax32,
    id,
    delta,
    precise: false,
    sources,
  };
}

/** The same number, of which the same is known, with a link to others. It is precise when one of the two becomes so. */
export function withLink(scalar: Scalar, id: number, delta: number): Scalar {
  return fromDraft(scalar, [scalar], id, delta);
}

/** Whether all bits are known. */
export function isConstant(scalar: Scalar): boolean {
  return scalar.mask === 0n;
}

/** Whether a range is empty: no number is like that, and the path that leads there does not exist. */
export function isEmpty(draft: Draft): boolean {
  return (
    draft.umin > draft.umax ||
    draft.smin > draft.smax ||
    draft.umin32 > draft.umax32 ||
    draft.smin32 > draft.smax32
  );
}

/** Marks a scalar, and all that it was computed from, as something that states are compared by. */
export function markPrecise(scalar: Scalar): void {
  if (scalar.precise) return;
  const open = [scalar];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (one.precise) continue;
    one.precise = true;
    marks += 1;
    for (const source of one.sources ?? []) if (!source.precise) open.push(source);
    one.sources = undefined;
  }
}

let marks = 0;

/** Grows with every scalar that is marked: whether a pass over states changed something. */
export function preciseMarks(): number {
  return marks;
}

/** Lets bits and ranges narrow each other. */
export function syncDraft(draft: Draft): void {
  boundsFromBits(draft);
  deduce(draft);
  deduce(draft);
  deduce(draft);
  bitsFromBounds(draft);
  boundsFromBits(draft);
}

const SIGN = 0x8000_0000_0000_0000n;
const LOW = 0xffff_ffffn;
const HIGH = 0xffff_ffff_0000_0000n;

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

function boundsFromBits(draft: Draft): void {
  const { value, mask } = draft;
  const most = value | mask;
  draft.umin = larger(draft.umin, value);
  draft.umax = smaller(draft.umax, most);
  draft.smin = larger(draft.smin, BigInt.asIntN(64, value | (mask & SIGN)));
  draft.smax = smaller(draft.smax, BigInt.asIntN(64, value | (mask & ~SIGN)));
  const value32 = Number(value & LOW);
  const mask32 = Number(mask & LOW);
  draft.umin32 = Math.max(draft.umin32, value32);
  draft.umax32 = Math.min(draft.umax32, (value32 | mask32) >>> 0);
  draft.smin32 = Math.max(draft.smin32, value32 | (mask32 & S32_MIN));
  draft.smax32 = Math.min(draft.smax32, value32 | (mask32 & S32_MAX));
}

function deduce(draft: Draft): void {
  deduce32(draft);
  deduce64(draft);
  deduceAcross(draft);
}

/** The lower half from the whole, where the upper halves of both ends agree or are neighbours; then from each other. */
function deduce32(draft: Draft): void {
  const { umin, umax, smin, smax } = draft;
  narrowLow(draft, umin, umax, umin >> 32n, umax >> 32n);
  narrowLow(draft, smin, smax, smin >> 32n, smax >> 32n);
  if (draft.umin32 <= S32_MAX === draft.umax32 <= S32_MAX) {
    draft.smin32 = Math.max(draft.smin32, draft.umin32 | 0);
    draft.smax32 = Math.min(draft.smax32, draft.umax32 | 0);
  }
  if (draft.smin32 >>> 0 <= draft.smax32 >>> 0) {
    draft.umin32 = Math.max(draft.umin32, draft.smin32 >>> 0);
    draft.umax32 = Math.min(draft.umax32, draft.smax32 >>> 0);
  }
}

function narrowLow(draft: Draft, min: bigint, max: bigint, minHigh: bigint, maxHigh: bigint): void {
  const least = Number(min & LOW);
  const most = Number(max & LOW);
  if (minHigh === maxHigh) {
    if (least <= most) {
      draft.umin32 = Math.max(draft.umin32, least);
      draft.umax32 = Math.min(draft.umax32, most);
    }
    if ((least | 0) <= (most | 0)) {
      draft.smin32 = Math.max(draft.smin32, least | 0);
      draft.smax32 = Math.min(draft.smax32, most | 0);
    }
  } else if (minHigh + 1n === maxHigh && (least | 0) < 0 && (most | 0) >= 0) {
    // From 0x…ffff_fff0 to 0x…0000_0010 the lower half runs from -16 to 16.
    draft.smin32 = Math.max(draft.smin32, least | 0);
    draft.smax32 = Math.min(draft.smax32, most | 0);
  }
}

/** Signed and unsigned from each other: where they do not both cross the sign's border, and where only one part is left. */
function deduce64(draft: Draft): void {
  const { umin, umax } = draft;
  if (umin < SIGN === umax < SIGN) {
    draft.smin = larger(draft.smin, BigInt.asIntN(64, umin));
    draft.smax = smaller(draft.smax, BigInt.asIntN(64, umax));
  }
  const least = BigInt.asUintN(64, draft.smin);
  const most = BigInt.asUintN(64, draft.smax);
  if (least <= most) {
    draft.umin = larger(draft.umin, least);
    draft.umax = smaller(draft.umax, most);
  } else if (draft.umax < least) {
    draft.smin = BigInt.asIntN(64, draft.umin);
    draft.umax = smaller(draft.umax, most);
  } else if (most < draft.umin) {
    draft.smax = BigInt.asIntN(64, draft.umax);
    draft.umin = larger(draft.umin, least);
  }
}

/** The whole from its lower half. */
function deduceAcross(draft: Draft): void {
  const least = BigInt(draft.umin32);
  const most = BigInt(draft.umax32);
  draft.umin = larger(draft.umin, (draft.umin & HIGH) | least);
  draft.umax = smaller(draft.umax, (draft.umax & HIGH) | most);
  draft.smin = larger(draft.smin, ((draft.smin >> 32n) << 32n) | least);
  draft.smax = smaller(draft.smax, ((draft.smax >> 32n) << 32n) | most);
  if (draft.smin >= BigInt(S32_MIN) && draft.smax <= BigInt(S32_MAX)) {
    draft.smin = larger(draft.smin, BigInt(draft.smin32));
    draft.smax = smaller(draft.smax, BigInt(draft.smax32));
  }
}

function bitsFromBounds(draft: Draft): void {
  // An empty range has no bits; the caller finds it empty by the range.
  if (draft.umin > draft.umax || draft.umin32 > draft.umax32) return;
  const whole = tnumIntersect(draft, tnumRange(draft.umin, draft.umax));
  const low = tnumIntersect(
    { value: whole.value & LOW, mask: whole.mask & LOW },
    tnumRange(BigInt(draft.umin32), BigInt(draft.umax32)),
  );
  const { value, mask } = tnumWithLow(whole, low);
  draft.value = value;
  draft.mask = mask;
}

/** Whether every number that `inner` may be is within all ranges and bits of `outer`. */
export function scalarContains(outer: Scalar, inner: Scalar): boolean {
  return (
    outer.umin <= inner.umin &&
    outer.umax >= inner.umax &&
    outer.smin <= inner.smin &&
    outer.smax >= inner.smax &&
    outer.umin32 <= inner.umin32 &&
    outer.umax32 >= inner.umax32 &&
    outer.smin32 <= inner.smin32 &&
    outer.smax32 >= inner.smax32 &&
    (inner.mask & ~outer.mask) === 0n &&
    outer.value === (inner.value & ~outer.mask)
  );
}

/** Whether both know exactly the same. */
export function scalarsAlike(a: Scalar, b: Scalar): boolean {
  return (
    a.value === b.value &&
    a.mask === b.mask &&
    a.umin === b.umin &&
    a.umax === b.umax &&
    a.smin === b.smin &&
    a.smax === b.smax &&
    a.umin32 === b.umin32 &&
    a.umax32 === b.umax32 &&
    a.smin32 === b.smin32 &&
    a.smax32 === b.smax32
  );
}
