import { alignOfLayout, sizeOfLayout, type Layout } from "../author/layout.ts";
import type { Value } from "../ir/ir.ts";
import type { Expression } from "../parse/ast.ts";
import { scalarType, type Type } from "../types/type.ts";
import { fillPlace } from "./expressions.ts";
import type { Lowerer } from "./lowerer.ts";
import type { MapRef } from "./map-ref.ts";
import { addressOf, stackPlace, zero } from "./memory.ts";
import type { Operand } from "./operand.ts";

/** A key or value in memory, as a helper takes it. The address is made when it is asked for. */
export function argument(low: Lowerer, layout: Layout | undefined, node: Expression): () => Value {
  if (layout === undefined) return () => low.builder.constant(0n);
  const place = stackPlace(low, layout);
  // Every byte of a key counts, padding included.
  if (scalarType(layout) === undefined) {
    const plain = node.kind !== "object" && node.kind !== "array" && node.kind !== "call";
    const operand = plain ? low.expression(node) : undefined;
    if (
      operand?.kind === "value" &&
      operand.type.kind === "reference" &&
      low.builder.isNonNull(operand.value)
    )
      return () => operand.value;
    zero(low, place.base, Math.ceil(sizeOfLayout(layout) / 8) * 8);
  }
  fillPlace(low, () => place, node, node.span);
  return () => place.base;
}

/** A key of 32 bits that is known. */
export function constantKey(low: Lowerer, value: bigint): () => Value {
  const base = low.builder.slot(8);
  low.builder.store(4, base, 0, low.builder.constant(value));
  return () => base;
}

/** What looking a value up in a map gives. */
export function referenceType({ shape }: MapRef): Type {
  const layout = shape.value ?? { kind: "int", bits: 64, signed: false };
  return { kind: "reference", layout, memory: "map", boxed: scalarType(layout) !== undefined };
}

/** Looks a key up. */
export function lookup(low: Lowerer, map: MapRef, key: () => Value): Operand {
  const { builder } = low;
  const value = builder.call("map_lookup_elem", map.pointer(), key());
  return { kind: "value", type: referenceType(map), value };
}

/** A helper's result, 0 for success, as a boolean; nothing of it stays where nobody asks. */
export function succeeded(low: Lowerer, result: Value): Operand {
  const { builder } = low;
  // The sign of 32 bits, turned round: maps give an int, above which a register of 5.10 holds anything.
  const sign = builder.arithmetic("shr", 32, result, builder.constant(31n));
  const flipped = builder.arithmetic("xor", 64, sign, builder.constant(1n));
  return { kind: "value", type: { kind: "bool" }, value: flipped };
}

/** Where an aggregate that a helper writes lies, and how many bytes it has. */
export function buffer(
  low: Lowerer,
  operand: Operand,
): { readonly address: Value; readonly size: number } | undefined {
  if (operand.kind !== "place" || alignOfLayout(operand.layout) !== 1) return undefined;
  return { address: addressOf(low, operand), size: sizeOfLayout(operand.layout) };
}
