import type { Span } from "@ocelli/bpf";

import { sizeOfLayout, type Layout } from "../author/layout.ts";
import type { ProgramKind } from "../author/programs.ts";
import type { Value, Width } from "../ir/ir.ts";
import { scalarType, type Type } from "../types/type.ts";
import type { Lowerer } from "./lowerer.ts";
import type { Place } from "./operand.ts";

/** A width that one instruction accesses. */
export function widthOf(bits: number): Width {
  return bits === 8 ? 1 : bits === 16 ? 2 : bits === 32 ? 4 : 8;
}

/** Reads the scalar at a place, extended as its type wants; `undefined` for aggregates. */
export function readPlace(
  low: Lowerer,
  place: Place,
): { readonly type: Type; readonly value: Value } | undefined {
  const { layout, base, offset, shift, width } = place;
  const type = scalarType(layout);
  if (type === undefined) return undefined;
  const { builder } = low;
  const bits = sizeOfLayout(layout) * 8;
  const whole = builder.load(width ?? widthOf(bits), base, offset);
  const loaded =
    width !== undefined && (bits === 8 || bits === 16 || (bits === 32 && width === 8))
      ? builder.extend(false, bits, whole)
      : whole;
  if (layout.kind === "bits") {
    const moved = builder.arithmetic("shr", 64, loaded, builder.constant(BigInt(shift)));
    const isTop = shift + layout.width === layout.unit;
    const mask = (1n << BigInt(layout.width)) - 1n;
    return {
      type,
      value: isTop ? moved : builder.arithmetic("and", 64, moved, builder.constant(mask)),
    };
  }
  if (type.kind === "int" && type.signed && type.bits !== 64)
    return { type, value: builder.extend(true, type.bits, loaded) };
  return { type, value: loaded };
}

/** Writes a scalar. */
export function writePlace(low: Lowerer, place: Place, value: Value): void {
  const { layout, base, offset, shift } = place;
  const { builder } = low;
  const width = place.width ?? widthOf(sizeOfLayout(layout) * 8);
  if (layout.kind !== "bits") {
    builder.store(width, base, offset, value);
    return;
  }
  const mask = ((1n << BigInt(layout.width)) - 1n) << BigInt(shift);
  const kept = builder.arithmetic(
    "and",
    64,
    builder.load(width, base, offset),
    builder.constant(~mask),
  );
  const moved = builder.arithmetic("shl", 64, value, builder.constant(BigInt(shift)));
  const cut = builder.arithmetic("and", 64, moved, builder.constant(mask));
  builder.store(width, base, offset, builder.arithmetic("or", 64, kept, cut));
}

/** Whether a place takes writes; refuses it otherwise. */
export function checkWritable(low: Lowerer, { memory, frozen }: Place, span: Span): boolean {
  const what =
    memory === "packet" && !WRITES_PACKETS.has(low.kind)
      ? "a packet: programs of this kind only read packets"
      : memory === "socket"
        ? "a socket: the kernel lets programs read it only"
        : memory === "rodata"
          ? "a constant: it is frozen when the program is loaded"
          : memory === "context" && frozen === true
            ? "this member of the context: the kernel lets programs read it only"
            : undefined;
  if (what === undefined) return true;
  low.refuse("read-only", span, `Cannot write into ${what}`, "Copy the value into a variable");
  return false;
}

/** Programs whose packets are written in place; the rest has helpers at most. */
const WRITES_PACKETS: ReadonlySet<ProgramKind> = new Set<ProgramKind>(["xdp", "tc"]);

/** Zeroes `size` bytes of memory whose address is a multiple of 8, padding included. */
export function zero(low: Lowerer, base: Value, size: number): void {
  const none = low.builder.constant(0n);
  let offset = 0;
  for (const width of [8, 4, 2, 1] as const) {
    for (; size - offset >= width; offset += width) low.builder.store(width, base, offset, none);
  }
}

/** Copies `size` bytes between places whose addresses are multiples of `align`. */
export function copy(
  low: Lowerer,
  from: { readonly base: Value; readonly offset: number },
  to: { readonly base: Value; readonly offset: number },
  size: number,
  align: number,
): void {
  let offset = 0;
  for (const width of [8, 4, 2, 1] as const) {
    if (width > align) continue;
    for (; size - offset >= width; offset += width)
      low.builder.store(
        width,
        to.base,
        to.offset + offset,
        low.builder.load(width, from.base, from.offset + offset),
      );
  }
}

/** A place on the stack for a value of that layout, zeroed where it has padding or is an aggregate. */
export function stackPlace(low: Lowerer, layout: Layout): Place {
  const size = sizeOfLayout(layout);
  const base = low.builder.slot(Math.ceil(size / 8) * 8);
  return { kind: "place", layout, base, offset: 0, shift: 0, memory: "stack" };
}

/** The address of a place. */
export function addressOf(
  low: Lowerer,
  { base, offset }: { readonly base: Value; readonly offset: number },
): Value {
  return low.builder.arithmetic("add", 64, base, low.builder.constant(BigInt(offset)));
}

/** A value as its type's register shows it, after a load without sign. */
export function extendLoaded(low: Lowerer, type: Type, value: Value): Value {
  return type.kind === "int" && type.signed && type.bits !== 64
    ? low.builder.extend(true, type.bits, value)
    : value;
}
