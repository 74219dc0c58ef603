import { describeKind } from "./analysis.ts";
import { isConstant, S64_MAX, S64_MIN, type Scalar } from "./scalar.ts";
import { ONES } from "./tnum.ts";
import { hasFlag, isPacketPointer, POINTER_FLAG, type Value } from "./value.ts";

/** What is known of a register, in words. */
export function describeValue(value: Value): string {
  if (value.kind === "unwritten") return "undefined";
  if (value.kind === "scalar") return describeScalar(value);
  const parts = [describeKind(value)];
  if (value.map !== undefined) parts.push(`of map "${value.map.name}"`);
  if (value.offset !== 0) parts.push(`plus ${value.offset}`);
  if (!isConstant(value.variable) || value.variable.value !== 0n)
    parts.push(`plus ${describeScalar(value.variable)}`);
  if (isPacketPointer(value)) parts.push(`with ${value.range} bytes proven`);
  if (hasFlag(value, POINTER_FLAG.untrusted)) parts.push("that is not trusted");
  return parts.join(" ");
}

function describeScalar(scalar: Scalar): string {
  if (isConstant(scalar)) return `${scalar.smin}`;
  const isUnsigned = scalar.smin >= 0n;
  const [min, max] = isUnsigned ? [scalar.umin, scalar.umax] : [scalar.smin, scalar.smax];
  const bits =
    scalar.mask === ONES || scalar.mask === scalar.umax ? "" : `, bits ${hex(scalar.mask)} unknown`;
  if (min === S64_MIN && max === S64_MAX) {
    const low =
      scalar.umax32 < 0xffff_ffff || scalar.umin32 > 0
        ? `, its lower half from ${scalar.umin32} to ${scalar.umax32}`
        : "";
    return scalar.umin > 0n || scalar.umax < ONES
      ? `any number from ${scalar.umin} to ${scalar.umax}, unsigned${low}`
      : `any number${low}`;
  }
  return `a number from ${min} to ${max}${bits}`;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
