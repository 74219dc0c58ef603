import type { AccessSpec } from "./access.ts";
import { isEnum } from "./type-view.ts";

/** An enumerator in the object and in the kernel, as unsigned numbers of 64 bits. */
export interface EnumeratorValues {
  readonly local: bigint;
  /** 0 without a target. */
  readonly target: bigint;
  /** The same pair as negative numbers, where the object does not say which it means. */
  readonly negative?: { readonly local: bigint; readonly target: bigint };
}

/**
 * Reads an enumerator. One of 32 bits is extended to 64, and by its sign only if the enum has one. Compilers before clang 15
 * and kernels before 6.0 do not say whether it has; then bit 31 of the kernel's value counts as a sign, as for libbpf. When bit 31
 * of the object's own value is set, the instruction tells which of the two numbers was meant: libbpf takes the
 * negative one and refuses the other.
 */
export function enumeratorValues(
  local: AccessSpec,
  target: AccessSpec | undefined,
): EnumeratorValues | undefined {
  const ours = find(local);
  if (ours === undefined) return undefined;
  const theirs = target === undefined ? undefined : find(target);
  if (target !== undefined && theirs === undefined) return undefined;
  const isOpen = ours.bits === 32 && !ours.signed && (ours.value & 0x8000_0000n) !== 0n;
  const asUnsigned = !ours.signed && (isOpen || ours.bits === 64);
  const positive = {
    local: extend(ours, ours.signed),
    target: theirs === undefined ? 0n : extend(theirs, theirs.signed || !asUnsigned),
  };
  if (!isOpen) return positive;
  const negative = {
    local: extend(ours, true),
    target: theirs === undefined ? 0n : extend(theirs, true),
  };
  return { ...positive, negative };
}

interface Found {
  readonly value: bigint;
  readonly bits: 32 | 64;
  readonly signed: boolean;
}

function find({ view, steps }: AccessSpec): Found | undefined {
  const [step] = steps;
  const type = step === undefined ? undefined : view.type(step.typeId);
  if (step === undefined || type === undefined || !isEnum(type)) return undefined;
  const found = type.values[step.index];
  if (found === undefined) return undefined;
  const bits = type.kind === "enum" ? 32 : 64;
  return { value: BigInt(found.value), bits, signed: type.signed };
}

function extend({ value, bits }: Found, bySign: boolean): bigint {
  if (bits === 64) return BigInt.asUintN(64, value);
  return BigInt.asUintN(64, bySign ? BigInt.asIntN(32, value) : BigInt.asUintN(32, value));
}
