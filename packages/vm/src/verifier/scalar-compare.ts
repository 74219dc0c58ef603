import { JUMP_OPERATION } from "@ocelli/bpf";

import {
  constantScalar,
  draftOf,
  fromDraft,
  isConstant,
  isEmpty,
  scalarsAlike,
  syncDraft,
  unknownDraft,
  type Draft,
  type Scalar,
} from "./scalar.ts";
import { sourcesOf } from "./scalar-alu.ts";
import { tnumCast, tnumIntersect, tnumWithLow } from "./tnum.ts";

const LOW = 0xffff_ffffn;

/** Whether `a OPERATION b` holds: always, never, or `undefined` when it depends. */
export function decideComparison(
  operation: number,
  a: Scalar,
  b: Scalar,
  is64: boolean,
): boolean | undefined {
  switch (operation) {
    case JUMP_OPERATION.jeq:
      return decideEqual(a, b, is64);
    case JUMP_OPERATION.jne:
      return negated(decideEqual(a, b, is64));
    case JUMP_OPERATION.jset:
      return decideSet(a, b, is64);
    case JUMP_OPERATION.jgt:
      return is64
        ? above(a.umin, a.umax, b.umin, b.umax)
        : above(a.umin32, a.umax32, b.umin32, b.umax32);
    case JUMP_OPERATION.jsgt:
      return is64
        ? above(a.smin, a.smax, b.smin, b.smax)
        : above(a.smin32, a.smax32, b.smin32, b.smax32);
    case JUMP_OPERATION.jlt:
      return decideComparison(JUMP_OPERATION.jgt, b, a, is64);
    case JUMP_OPERATION.jslt:
      return decideComparison(JUMP_OPERATION.jsgt, b, a, is64);
    case JUMP_OPERATION.jge:
      return negated(decideComparison(JUMP_OPERATION.jgt, b, a, is64));
    case JUMP_OPERATION.jsge:
      return negated(decideComparison(JUMP_OPERATION.jsgt, b, a, is64));
    case JUMP_OPERATION.jle:
      return negated(decideComparison(JUMP_OPERATION.jgt, a, b, is64));
    case JUMP_OPERATION.jsle:
      return negated(decideComparison(JUMP_OPERATION.jsgt, a, b, is64));
    default:
      return undefined;
  }
}

function negated(decision: boolean | undefined): boolean | undefined {
  return decision === undefined ? undefined : !decision;
}

function above<T extends bigint | number>(aMin: T, aMax: T, bMin: T, bMax: T): boolean | undefined {
  if (aMin > bMax) return true;
  return aMax <= bMin ? false : undefined;
}

function decideEqual(a: Scalar, b: Scalar, is64: boolean): boolean | undefined {
  const constants = is64
    ? isConstant(a) && isConstant(b)
    : (a.mask & LOW) === 0n && (b.mask & LOW) === 0n;
  if (constants) return is64 ? a.value === b.value : (a.value & LOW) === (b.value & LOW);
  const known = ~(a.mask | b.mask) & (is64 ? ~0n : LOW);
  if (((a.value ^ b.value) & known) !== 0n) return false;
  if (is64) {
    if (a.umin > b.umax || a.umax < b.umin || a.smin > b.smax || a.smax < b.smin) return false;
  }
  const apart =
    a.umin32 > b.umax32 || a.umax32 < b.umin32 || a.smin32 > b.smax32 || a.smax32 < b.smin32;
  return apart ? false : undefined;
}

function decideSet(a: Scalar, b: Scalar, is64: boolean): boolean | undefined {
  const [other, bits] = isConstant(b) ? [a, b.value] : [b, a.value];
  if (!isConstant(a) && !isConstant(b)) return undefined;
  const tested = is64 ? bits : bits & LOW;
  if ((other.value & tested) !== 0n) return true;
  return ((other.value | other.mask) & tested) === 0n ? false : undefined;
}

const OPPOSITES: ReadonlyMap<number, number> = new Map<number, number>([
  [JUMP_OPERATION.jeq, JUMP_OPERATION.jne],
  [JUMP_OPERATION.jne, JUMP_OPERATION.jeq],
  [JUMP_OPERATION.jgt, JUMP_OPERATION.jle],
  [JUMP_OPERATION.jge, JUMP_OPERATION.jlt],
  [JUMP_OPERATION.jlt, JUMP_OPERATION.jge],
  [JUMP_OPERATION.jle, JUMP_OPERATION.jgt],
  [JUMP_OPERATION.jsgt, JUMP_OPERATION.jsle],
  [JUMP_OPERATION.jsge, JUMP_OPERATION.jslt],
  [JUMP_OPERATION.jslt, JUMP_OPERATION.jsge],
  [JUMP_OPERATION.jsle, JUMP_OPERATION.jsgt],
]);

/** Both operands where a comparison holds, or where it does not. */
export function refineComparison(
  operation: number,
  holds: boolean,
  a: Scalar,
  b: Scalar,
  is64: boolean,
): readonly [a: Scalar, b: Scalar] {
  const left = draftOf(a);
  const right = draftOf(b);
  if (operation === JUMP_OPERATION.jset) {
    refineSet(holds, left, b, is64);
    refineSet(holds, right, a, is64);
  } else {
    const effective = holds ? operation : (OPPOSITES.get(operation) ?? operation);
    refine(effective, left, right, is64);
  }
  syncDraft(left);
  syncDraft(right);
  return [finish(left, a, b), finish(right, b, a)];
}

/** What a branch learnt: nothing new, or less than nothing when the path is impossible, as far as ranges can say. */
function finish(draft: Draft, own: Scalar, other: Scalar): Scalar {
  const sources = sourcesOf(own, other);
  if (isEmpty(draft)) return fromDraft(unknownDraft(), sources, own.id, own.delta);
  const made = fromDraft(draft, sources, own.id, own.delta);
  return scalarsAlike(made, own) ? own : made;
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

function refine(operation: number, a: Draft, b: Draft, is64: boolean): void {
  switch (operation) {
    case JUMP_OPERATION.jeq:
      return refineEqual(a, b, is64);
    case JUMP_OPERATION.jne:
      refineNotEqual(a, b, is64);
      return refineNotEqual(b, a, is64);
    case JUMP_OPERATION.jlt:
      return refineUnsigned(a, b, is64, 1);
    case JUMP_OPERATION.jle:
      return refineUnsigned(a, b, is64, 0);
    case JUMP_OPERATION.jgt:
      return refineUnsigned(b, a, is64, 1);
    case JUMP_OPERATION.jge:
      return refineUnsigned(b, a, is64, 0);
    case JUMP_OPERATION.jslt:
      return refineSigned(a, b, is64, 1);
    case JUMP_OPERATION.jsle:
      return refineSigned(a, b, is64, 0);
    case JUMP_OPERATION.jsgt:
      return refineSigned(b, a, is64, 1);
    case JUMP_OPERATION.jsge:
      return refineSigned(b, a, is64, 0);
    default:
  }
}

/** `a < b` with `gap` 1, `a <= b` with 0. */
function refineUnsigned(a: Draft, b: Draft, is64: boolean, gap: 0 | 1): void {
  if (is64) {
    a.umax = smaller(a.umax, b.umax - BigInt(gap));
    b.umin = larger(b.umin, a.umin + BigInt(gap));
  } else {
    a.umax32 = Math.min(a.umax32, b.umax32 - gap);
    b.umin32 = Math.max(b.umin32, a.umin32 + gap);
  }
}

function refineSigned(a: Draft, b: Draft, is64: boolean, gap: 0 | 1): void {
  if (is64) {
    a.smax = smaller(a.smax, b.smax - BigInt(gap));
    b.smin = larger(b.smin, a.smin + BigInt(gap));
  } else {
    a.smax32 = Math.min(a.smax32, b.smax32 - gap);
    b.smin32 = Math.max(b.smin32, a.smin32 + gap);
  }
}

function refineEqual(a: Draft, b: Draft, is64: boolean): void {
  const low = tnumIntersect(tnumCast(a, 4), tnumCast(b, 4));
  if (is64) {
    const both = tnumIntersect(a, b);
    for (const one of [a, b]) setBits(one, both);
    a.umin = b.umin = larger(a.umin, b.umin);
    a.umax = b.umax = smaller(a.umax, b.umax);
    a.smin = b.smin = larger(a.smin, b.smin);
    a.smax = b.smax = smaller(a.smax, b.smax);
  } else for (const one of [a, b]) setBits(one, tnumWithLow(one, low));
  a.umin32 = b.umin32 = Math.max(a.umin32, b.umin32);
  a.umax32 = b.umax32 = Math.min(a.umax32, b.umax32);
  a.smin32 = b.smin32 = Math.max(a.smin32, b.smin32);
  a.smax32 = b.smax32 = Math.min(a.smax32, b.smax32);
}

function setBits(draft: Draft, { value, mask }: { value: bigint; mask: bigint }): void {
  draft.value = value;
  draft.mask = mask;
}

/** A range that begins or ends with the one number that it is not loses that. */
function refineNotEqual(a: Draft, b: Draft, is64: boolean): void {
  if (is64) {
    if (b.mask !== 0n) return;
    const signed = BigInt.asIntN(64, b.value);
    if (a.umin === b.value) a.umin += 1n;
    if (a.umax === b.value) a.umax -= 1n;
    if (a.smin === signed) a.smin += 1n;
    if (a.smax === signed) a.smax -= 1n;
    return;
  }
  if ((b.mask & LOW) !== 0n) return;
  const low = Number(b.value & LOW);
  if (a.umin32 === low) a.umin32 += 1;
  if (a.umax32 === low) a.umax32 -= 1;
  if (a.smin32 === (low | 0)) a.smin32 += 1;
  if (a.smax32 === (low | 0)) a.smax32 -= 1;
}

/** No bit of a constant is set, or, where it has only one, that one is. */
function refineSet(holds: boolean, draft: Draft, { mask, value }: Scalar, is64: boolean): void {
  if (is64 ? mask !== 0n : (mask & LOW) !== 0n) return;
  const bits = is64 ? value : value & LOW;
  if (!holds) {
    setBits(draft, { value: draft.value & ~bits, mask: draft.mask & ~bits });
    return;
  }
  if (bits === 0n || (bits & (bits - 1n)) !== 0n) return;
  setBits(draft, { value: draft.value | bits, mask: draft.mask & ~bits });
}

/** A constant operand of an instruction: sign-extended, or its lower 32 bits. */
export function immediateScalar(imm: number, is64: boolean): Scalar {
  return constantScalar(is64 ? BigInt(imm) : BigInt(imm >>> 0));
}
