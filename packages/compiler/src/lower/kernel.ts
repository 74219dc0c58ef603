import type { Span } from "@ocelli/bpf";

import type { Value, Width } from "../ir/ir.ts";
import { findMember, kernelSize, kernelType, type KernelMember } from "../types/kernel.ts";
import { intType, type Type } from "../types/type.ts";
import { extendLoaded, widthOf } from "./memory.ts";
import type { Lowerer } from "./lowerer.ts";
import { toType } from "./convert.ts";
import { FAILED, type KernelPlace, type Operand } from "./operand.ts";

/** Lowers `object.name` of a struct in the kernel. */
export function kernelMember(low: Lowerer, place: KernelPlace, name: string, span: Span): Operand {
  const { kernel } = low;
  if (kernel === undefined) return FAILED;
  const found = findMember(kernel, place.typeId, name);
  if (found === undefined)
    return low.refuse(
      "no-member",
      span,
      `Cannot find ".${name}" in the kernel's ${kernel.nameOf(place.typeId) || "struct"}: these BTF types have no such member`,
      "Look it up with: ocelli btf dump --type NAME",
    );
  const field = { struct: place.field.struct, path: [...place.field.path, name] };
  if (found.bitfieldBits !== 0) return readBitField(low, place, found, field);
  // What a union holds is not what the verifier takes it for.
  const isUnion = kernel.type(place.typeId)?.kind === "union" || found.inUnion;
  return readKernelPlace(low, {
    kind: "kernel-place",
    typeId: found.typeId,
    base: place.base,
    offset: place.offset + found.offsetBits / 8,
    field,
    access: place.access,
    ...((isUnion || place.untrusted === true) && { untrusted: true }),
  });
}

/** What lies at a place of the kernel: numbers and pointers are read, structs and arrays stay where they are. */
export function readKernelPlace(low: Lowerer, place: KernelPlace): Operand {
  const { kernel } = low;
  if (kernel === undefined) return FAILED;
  const type = kernelType(kernel, place.typeId);
  switch (type.kind) {
    case "struct":
      return { ...place, typeId: type.typeId };
    case "pointer": {
      const value = loadKernel(low, place, 8);
      const access = place.untrusted === true ? "probe" : place.access;
      const own: Type = { kind: "kernel", struct: type.struct, typeId: type.typeId, access };
      return { kind: "value", type: own, value };
    }
    case "scalar": {
      const value = loadKernel(low, place, widthOf(type.size * 8));
      return { kind: "value", type: type.type, value: extendLoaded(low, type.type, value) };
    }
    default:
      return place;
  }
}

/** The address of a place in the kernel, by an offset that loading corrects. */
export function kernelAddress(low: Lowerer, { base, offset, field }: KernelPlace): Value {
  if (field.path.length === 0)
    return low.builder.arithmetic("add", 64, base, low.builder.constant(BigInt(offset)));
  const distance = low.builder.core("field_byte_offset", field, BigInt(offset));
  return low.builder.arithmetic("add", 64, base, distance);
}

function loadKernel(low: Lowerer, place: KernelPlace, width: Width): Value {
  const { builder } = low;
  if (place.access === "direct")
    return builder.load(
      width,
      place.base,
      place.offset,
      place.field.path.length === 0 ? undefined : place.field,
    );
  const slot = builder.slot(8);
  readKernelBytes(low, slot, width, kernelAddress(low, place));
  return builder.load(width, slot, 0);
}

/** Copies bytes of the kernel; what cannot be read becomes zeros. The result is 0, or a negative error. */
export function readKernelBytes(low: Lowerer, to: Value, size: number, from: Value): Value {
  return low.builder.call("probe_read_kernel", to, low.builder.constant(BigInt(size)), from);
}

/**
 * A bit field of the kernel: the unit around it, whose place and size loading finds, moved up to the top of 64 bits and back
 * down.
 */
function readBitField(
  low: Lowerer,
  place: KernelPlace,
  member: KernelMember,
  field: KernelPlace["field"],
): Operand {
  const { builder, kernel } = low;
  if (kernel === undefined) return FAILED;
  const type = kernelType(kernel, member.typeId);
  const own = type.kind === "scalar" ? type.type : intType(32, false);
  const unit = type.kind === "scalar" ? type.size : 4;
  const start = place.offset * 8 + member.offsetBits;
  // As libbpf computes it: the aligned unit that holds the field, doubled until it does.
  let size = unit;
  let offset = Math.floor(start / (size * 8)) * size;
  while (start + member.bitfieldBits > (offset + size) * 8 && size < 8) {
    size *= 2;
    offset = Math.floor(start / (size * 8)) * size;
  }
  const up = 64 - (start + member.bitfieldBits - offset * 8);
  const down = 64 - member.bitfieldBits;
  const slot = builder.slot(8);
  builder.store(8, slot, 0, builder.constant(0n));
  const distance = builder.core("field_byte_offset", field, BigInt(offset));
  const address = builder.arithmetic("add", 64, place.base, distance);
  builder.call(
    "probe_read_kernel",
    slot,
    builder.core("field_byte_size", field, BigInt(size)),
    address,
  );
  const signed = own.kind === "int" && own.signed;
  const top = builder.arithmetic(
    "shl",
    64,
    builder.load(8, slot, 0),
    builder.core("field_lshift_u64", field, BigInt(up)),
  );
  const value = builder.arithmetic(
    signed ? "sar" : "shr",
    64,
    top,
    builder.core("field_rshift_u64", field, BigInt(down)),
  );
  return { kind: "value", type: own, value };
}

/** Lowers `array[index]` of an array in the kernel. */
export function kernelElement(
  low: Lowerer,
  place: KernelPlace,
  index: Operand,
  span: Span,
): Operand {
  const { kernel, builder } = low;
  if (kernel === undefined) return FAILED;
  const type = kernelType(kernel, place.typeId);
  if (type.kind !== "array")
    return low.refuse(
      "no-elements",
      span,
      "Cannot use an index on a kernel struct: it is no array",
      "Name a member",
    );
  const size = kernelSize(kernel, type.elementId);
  if (size === undefined)
    return low.refuse(
      "kernel-type",
      span,
      "Cannot read this element: its type has no size",
      "Read a number, or a pointer to a struct",
    );
  const { length } = type;
  if (index.kind === "literal") {
    // Arrays of length 0 or 1 at the end of a struct are as long as the kernel made them.
    if (index.value < 0n || (length > 1 && index.value >= BigInt(length)))
      return low.refuse(
        "index-range",
        span,
        `Cannot read element ${index.value}: there are ${length}`,
        `Use 0 to ${length - 1}`,
      );
    const at = Number(index.value);
    return readKernelPlace(low, {
      ...place,
      typeId: type.elementId,
      offset: place.offset + at * size,
      field: { ...place.field, path: [...place.field.path, at] },
    });
  }
  const at = toType(low, index, intType(32, false), span);
  if (at === undefined) return FAILED;
  const distance = builder.arithmetic("mul", 64, at, builder.constant(BigInt(size)));
  const base = builder.arithmetic("add", 64, kernelAddress(low, place), distance);
  const element = kernelType(kernel, type.elementId);
  const struct = element.kind === "struct" ? element.struct : "";
  // Where a variable leads no plain load follows; a fault gives zeros.
  return readKernelPlace(low, {
    kind: "kernel-place",
    typeId: type.elementId,
    base,
    offset: 0,
    field: { struct, path: [] },
    access: "probe",
  });
}

/** How many bytes a place of the kernel has. */
export function kernelBytes({ kernel }: Lowerer, { typeId }: KernelPlace): number | undefined {
  return kernel === undefined ? undefined : kernelSize(kernel, typeId);
}
