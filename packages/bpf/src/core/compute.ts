import { type AccessSpec, subjectOf } from "./access.ts";
import type { BtfType } from "../btf/types.ts";
import type { CoreKind } from "./relocation.ts";
import { enumeratorValues } from "./enumerator-value.ts";
import { isComposite, isEnum, type TypeView } from "./type-view.ts";

/** What a relocation puts into its instruction, and what it expects to find there. 64-bit values are unsigned. */
export interface CoreValue {
  /** What the compiler put in. */
  readonly local: bigint;
  /** What belongs there on this kernel. */
  readonly target: bigint;
  /** Whether `local` must be found; compilers are free for bit fields, and linkers for type ids. */
  readonly validate: boolean;
  /** The kernel does not have it, and no number can say so: the instruction must not be reached. */
  readonly missing: boolean;
  /** Bytes of the field in memory, where a load or store must follow a change; 0 elsewhere. */
  readonly localSize: number;
  readonly targetSize: number;
  /** The sizes differ, and widening would not keep the value: signed integers, structs, mixed kinds. */
  readonly sizeConflict: boolean;
  /** The values of an enumerator if it is negative, which only the instruction can tell. */
  readonly negative?: { readonly local: bigint; readonly target: bigint };
}

/** A value, or why there is none, as the end of a sentence. */
export type ComputeResult =
  | { readonly ok: true; readonly value: CoreValue }
  | { readonly ok: false; readonly reason: string };

interface Half {
  readonly value: bigint;
  readonly validate: boolean;
  readonly size: number;
  readonly sizeTypeId: number;
}

/** Computes one relocation from its access in the object and in the kernel; without a target the kernel lacks it. */
export function computeValue(local: AccessSpec, target: AccessSpec | undefined): ComputeResult {
  const { kind } = local;
  if (kind === "type_id_local") {
    const id = BigInt(local.rootId);
    return { ok: true, value: { ...NOTHING, local: id, target: id } };
  }
  if (kind === "enumval_value") {
    const values = enumeratorValues(local, target);
    if (values === undefined) return { ok: false, reason: "the enumerator is gone" };
    const missing = target === undefined;
    return { ok: true, value: { ...NOTHING, ...values, validate: true, missing } };
  }
  const before = compute(local, kind);
  if (typeof before === "string") return { ok: false, reason: before };
  if (target === undefined) return { ok: true, value: withoutTarget(local, before) };
  const after = compute(target, kind);
  if (typeof after === "string") return { ok: false, reason: after };
  return {
    ok: true,
    value: {
      local: before.value,
      target: after.value,
      validate: before.validate,
      missing: false,
      localSize: before.size,
      targetSize: after.size,
      sizeConflict: before.size !== after.size && !resizable(local, before, target, after),
    },
  };
}

const NOTHING: CoreValue = {
  local: 0n,
  target: 0n,
  validate: false,
  missing: false,
  localSize: 0,
  targetSize: 0,
  sizeConflict: false,
};

/** Questions have the answer 0; a value that does not exist has none. */
function withoutTarget(local: AccessSpec, before: Half): CoreValue {
  const answered =
    subjectOf(local.kind) === "type" ||
    local.kind === "field_exists" ||
    local.kind === "enumval_exists";
  return { ...NOTHING, local: before.value, validate: before.validate, missing: !answered };
}

function compute(
  spec: AccessSpec,
  kind: Exclude<CoreKind, "enumval_value" | "type_id_local">,
): Half | string {
  switch (kind) {
    case "field_exists":
    case "enumval_exists":
    case "type_exists":
    case "type_matches":
      return plain(1n);
    case "type_id_target":
      return plain(BigInt(spec.rootId), false);
    case "type_size": {
      const size = spec.view.sizeOf(spec.rootId);
      return size === undefined ? `type ${spec.rootId} has no size` : plain(BigInt(size));
    }
    case "field_byte_offset":
    case "field_byte_size":
    case "field_signed":
    case "field_lshift_u64":
    case "field_rshift_u64":
      return fieldValue(spec);
  }
}

function fieldValue(spec: AccessSpec): Half | string {
  const { view, steps } = spec;
  const last = steps.at(-1);
  if (last === undefined) return "the access is empty";
  if (last.name === undefined) return elementValue(spec, last.typeId);

  const owner = view.type(last.typeId);
  const member = owner !== undefined && isComposite(owner) ? owner.members[last.index] : undefined;
  const resolved = member === undefined ? undefined : view.resolve(member.typeId);
  if (member === undefined || resolved === undefined) return `type ${last.typeId} is broken`;
  return member.bitfieldBits > 0
    ? bitFieldValue(spec, member.bitfieldBits, resolved.type)
    : memberValue(spec, resolved.id, resolved.type);
}

/** `a[n]`: where the element is and how large; the rest is asked of members only. */
function elementValue(spec: AccessSpec, elementId: number): Half | string {
  switch (spec.kind) {
    case "field_byte_offset": {
      const size = innermostSize(spec.view, elementId);
      if (size === undefined) return `type ${elementId} has no size`;
      return { value: byteOf(spec), validate: true, size, sizeTypeId: elementId };
    }
    case "field_byte_size": {
      const size = spec.view.sizeOf(elementId);
      return size === undefined ? `type ${elementId} has no size` : plain(BigInt(size));
    }
    default:
      return `${spec.kind} cannot be asked of an array element`;
  }
}

function memberValue(spec: AccessSpec, typeId: number, type: BtfType): Half | string {
  const { view, kind, bitOffset } = spec;
  const bytes = view.sizeOf(typeId);
  if (bytes === undefined) return `type ${typeId} has no size`;
  switch (kind) {
    case "field_byte_offset": {
      const size = innermostSize(view, typeId);
      if (size === undefined) return `type ${typeId} has no size`;
      return { value: byteOf(spec), validate: true, size, sizeTypeId: typeId };
    }
    case "field_byte_size":
      return plain(BigInt(bytes));
    case "field_signed":
      return plain(isSigned(type) ? 1n : 0n);
    case "field_lshift_u64":
      return plain(leftShift(view, bytes, bitOffset % 8, bytes * 8));
    default:
      return plain(BigInt.asUintN(64, BigInt(64 - bytes * 8)));
  }
}

/**
 * A bit field is read with the smallest load that holds it, at a multiple of its size, and then shifted left and right:
 *
 * ```
 *   little-endian u32, bits 5..11      bit 31 ....... 12 11 ... 5 4 .. 0
 *                                                       [ field ]
 *   as u64: shift left by 64 - 12 = 52, then right by 64 - 7 = 57, with or without the sign
 * ```
 */
function bitFieldValue(spec: AccessSpec, bits: number, type: BtfType): Half | string {
  if (type.kind !== "int" && !isEnum(type)) return `a bit field cannot be of kind ${type.kind}`;
  if (type.size < 1 || type.size > 8 || bits > 64) return "a bit field has up to 64 bits";
  let bytes = type.size;
  const start = (): number => Math.floor(spec.bitOffset / 8 / bytes) * bytes;
  while (spec.bitOffset + bits - start() * 8 > bytes * 8) {
    if (bytes >= 8) return "the bit field does not fit into one load of 64 bits";
    bytes *= 2;
  }
  switch (spec.kind) {
    case "field_byte_offset":
      return plain(BigInt(start()), false);
    case "field_byte_size":
      return plain(BigInt(bytes), false);
    case "field_signed":
      return plain(isSigned(type) ? 1n : 0n);
    case "field_lshift_u64":
      return plain(leftShift(spec.view, bytes, spec.bitOffset - start() * 8, bits), false);
    default:
      return plain(BigInt(64 - bits));
  }
}

function leftShift(view: TypeView, bytes: number, firstBit: number, bits: number): bigint {
  const shift = view.btf.littleEndian ? 64 - (firstBit + bits) : (8 - bytes) * 8 + firstBit;
  return BigInt.asUintN(64, BigInt(shift));
}

/** Size of what one load reads: of an array, its innermost element. */
function innermostSize(view: TypeView, id: number): number | undefined {
  let current = id;
  for (let depth = 0; depth < 64; depth += 1) {
    const resolved = view.resolve(current);
    if (resolved === undefined) return undefined;
    if (resolved.type.kind !== "array") return view.sizeOf(resolved.id);
    current = resolved.type.typeId;
  }
  return undefined;
}

/**
 * Whether a load may follow the field to another size: pointers, which are 64 bits wide in BPF and 32 on some kernels,
 * and integers without a sign, as loads fill up with zeros.
 */
function resizable(local: AccessSpec, before: Half, target: AccessSpec, after: Half): boolean {
  const a = local.view.type(before.sizeTypeId);
  const b = target.view.type(after.sizeTypeId);
  if (a?.kind === "ptr" && b?.kind === "ptr") return true;
  return (
    a?.kind === "int" && b?.kind === "int" && a.encoding !== "signed" && b.encoding !== "signed"
  );
}

function isSigned(type: BtfType): boolean {
  if (type.kind === "int") return type.encoding === "signed";
  return isEnum(type) && type.signed;
}

function byteOf(spec: AccessSpec): bigint {
  return BigInt(Math.floor(spec.bitOffset / 8));
}

function plain(value: bigint, validate = true): Half {
  return { value, validate, size: 0, sizeTypeId: 0 };
}
