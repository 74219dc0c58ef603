import type { Span } from "@ocelli/bpf";

import { sizeOfLayout } from "../author/layout.ts";
import type { Value } from "../ir/ir.ts";
import type { Entity } from "../types/evaluate.ts";
import { scalarType, typeName, type Type } from "../types/type.ts";
import { readContextField } from "./context.ts";
import { rangeAt } from "../ir/known.ts";
import { describeOperand, toType } from "./convert.ts";
import { kernelElement, kernelMember } from "./kernel.ts";
import type { Lowerer } from "./lowerer.ts";
import { readPlace } from "./memory.ts";
import { FAILED, type Operand, type Place } from "./operand.ts";

/** Lowers `object.name`. */
export function member(low: Lowerer, object: Operand, name: string, span: Span): Operand {
  switch (object.kind) {
    case "failed":
      return FAILED;
    case "context":
      return readContextField(low, name, span);
    case "packet":
      return { kind: "method", object, name };
    case "entity":
      return entityMember(low, object.entity, name, span);
    case "place":
      return placeMember(low, object, name, span);
    case "kernel-place":
      return kernelMember(low, object, name, span);
    case "value":
      return valueMember(low, object.type, object.value, name, span);
    default:
      return low.refuse(
        "no-member",
        span,
        `Cannot read ".${name}" of ${describeOperand(object)}: it has no members`,
        "Name a struct, a reference or a map",
      );
  }
}

function entityMember(low: Lowerer, entity: Entity, name: string, span: Span): Operand {
  if (entity.kind === "map" || (entity.kind === "builtin" && entity.name === "Math"))
    return { kind: "method", object: { kind: "entity", entity }, name };
  if (entity.kind === "record") {
    const found = entity.fields[name];
    if (found?.kind === "constant") return { kind: "literal", value: found.value, big: found.big };
    if (found !== undefined) return { kind: "entity", entity: found };
  }
  if (entity.kind === "schema" && entity.schema.layout.kind === "int") {
    const value = entity.schema.layout.names?.values[name];
    if (value !== undefined) return { kind: "literal", value: BigInt(value), big: false };
  }
  if (entity.kind === "variable" && name === "value") return variablePlace(low, entity);
  if (entity.kind === "unknown") return FAILED;
  return low.refuse(
    "no-member",
    span,
    `Cannot read ".${name}" of a ${entity.kind}: it has no such member`,
    entity.kind === "variable" ? "Read .value" : "Look at what the editor offers behind the dot",
  );
}

function variablePlace(
  low: Lowerer,
  { name, variable }: Entity & { readonly kind: "variable" },
): Operand {
  const frozen = variable.kind === "config";
  const placed = low.data.variable(name, variable.layout, BigInt(variable.value), frozen);
  const base = low.builder.emit({ op: "data", map: placed.section, offset: placed.offset });
  const memory = frozen ? "rodata" : "map";
  return { kind: "place", layout: variable.layout, base, offset: 0, shift: 0, memory };
}

/** A pointer as a place, once it was checked. */
export function followReference(
  low: Lowerer,
  type: Type & { readonly kind: "reference" },
  value: Value,
  span: Span,
): Place | undefined {
  if (!low.builder.isNonNull(value)) {
    unchecked(low, type, span);
    return undefined;
  }
  return {
    kind: "place",
    layout: type.layout,
    base: value,
    offset: 0,
    shift: 0,
    memory: type.memory,
  };
}

function unchecked(low: Lowerer, type: Type, span: Span): Operand {
  return low.refuse(
    "unchecked",
    span,
    `Cannot use this ${typeName(type)}: it may be undefined here`,
    "Check it first: if (!value) return …",
  );
}

function valueMember(low: Lowerer, type: Type, value: Value, name: string, span: Span): Operand {
  if (type.kind === "kernel") {
    if (type.nullable === true && !low.builder.isNonNull(value)) return unchecked(low, type, span);
    const { typeId, struct, access } = type;
    const field = { struct, path: [] };
    return kernelMember(
      low,
      { kind: "kernel-place", typeId, base: value, offset: 0, field, access },
      name,
      span,
    );
  }
  if (type.kind === "reference") {
    const place = followReference(low, type, value, span);
    if (place === undefined) return FAILED;
    if (!type.boxed) return placeMember(low, place, name, span);
    if (name === "value") return place;
    if (name === "add") return { kind: "method", object: place, name };
    return low.refuse(
      "no-member",
      span,
      `Cannot read ".${name}" of ${typeName(type)}: it has value and add`,
      "Read or write .value, or call .add(amount)",
    );
  }
  if (type.kind === "map")
    return low.builder.isNonNull(value)
      ? { kind: "method", object: { kind: "value", type, value }, name }
      : unchecked(low, type, span);
  return low.refuse(
    "no-member",
    span,
    `Cannot read ".${name}" of ${typeName(type)}: it has no members`,
    "Name a struct, a reference or a map",
  );
}

function placeMember(low: Lowerer, place: Place, name: string, span: Span): Operand {
  const { layout } = place;
  if (layout.kind !== "struct")
    return low.refuse(
      "no-member",
      span,
      `Cannot read ".${name}": this is no struct`,
      layout.kind === "array" ? "Use an index" : "Use it as it is",
    );
  const field = layout.fields.find((one) => one.name === name);
  if (field === undefined) {
    const known = layout.fields.map((one) => one.name).join(", ");
    return low.refuse(
      "no-member",
      span,
      `Cannot find ".${name}" in ${layout.name}: it has ${known}`,
      "Name one of its members",
    );
  }
  return {
    ...place,
    layout: field.layout,
    offset: place.offset + field.offset,
    shift: field.shift,
  };
}

/** Lowers `object[index]`: the index is compared with the length, and one behind the end means the last element. */
export function element(low: Lowerer, object: Operand, index: Operand, span: Span): Operand {
  if (object.kind === "failed" || index.kind === "failed") return FAILED;
  if (object.kind === "kernel-place") return kernelElement(low, object, index, span);
  const place =
    object.kind === "value" && object.type.kind === "reference"
      ? followReference(low, object.type, object.value, span)
      : object;
  if (place === undefined) return FAILED;
  if (place.kind !== "place" || (place.layout.kind !== "array" && place.layout.kind !== "char"))
    return low.refuse(
      "no-elements",
      span,
      `Cannot use an index on ${describeOperand(object)}: it is no array`,
      "Name an array",
    );
  const { length } = place.layout;
  const layout =
    place.layout.kind === "char"
      ? ({ kind: "int", bits: 8, signed: false } as const)
      : place.layout.element;
  const size = sizeOfLayout(layout);
  if (index.kind === "literal") {
    if (index.value < 0n || index.value >= BigInt(length))
      return low.refuse(
        "index-range",
        span,
        `Cannot read element ${index.value}: there are ${length}`,
        `Use 0 to ${length - 1}`,
      );
    return { ...place, layout, offset: place.offset + Number(index.value) * size, shift: 0 };
  }
  if (place.memory === "context" || place.memory === "socket")
    return low.refuse(
      "constant-index",
      span,
      "Cannot choose an element by a variable: the context is read at fixed places",
      "Write a number",
    );
  const at = toType(low, index, { kind: "int", bits: 32, signed: false }, span);
  if (at === undefined) return FAILED;
  const { builder } = low;
  const known = rangeAt(builder.program, builder.current, at);
  if (known.min < 0n || known.max >= BigInt(length))
    return low.refuse(
      "index-range",
      span,
      `Cannot prove that this index is inside: there are ${length} elements`,
      `Check it first, e.g. if (i < ${length}) …, or cut it: i & ${largestMask(length)}`,
    );
  // What a comparison or a mask has shown the verifier has seen, too; arithmetic such as % it forgets (rows D11 to D30).
  if (verifierKnows(low, at))
    return { ...place, layout, base: advance(low, place.base, at, size), shift: 0 };
  // A clamp by a branch: the verifier then knows the very value that is used.
  const clamped = builder.variable();
  const last = builder.constant(BigInt(length - 1));
  builder.write(clamped, at);
  const over = builder.block();
  const done = builder.block();
  builder.branch(">", at, last, over, done);
  builder.enter(over);
  builder.write(clamped, last);
  builder.jump(done);
  builder.enter(done);
  return {
    ...place,
    layout,
    base: advance(low, place.base, builder.read(clamped), size),
    shift: 0,
  };
}

function advance({ builder }: Lowerer, base: Value, index: Value, size: number): Value {
  const distance = builder.arithmetic("mul", 64, index, builder.constant(BigInt(size)));
  return builder.arithmetic("add", 64, base, distance);
}

/** The largest mask that leaves only indexes inside. */
function largestMask(length: number): number {
  return 2 ** Math.floor(Math.log2(length)) - 1;
}

/** Whether the verifier knows the range of a value as we do: no arithmetic is on the way whose bounds it forgets. */
function verifierKnows({ builder }: Lowerer, value: Value): boolean {
  const made = builder.program.values.get(value);
  if (made?.op !== "arithmetic") return made?.op !== undefined;
  return made.operator === "and" && builder.constantOf(made.right) !== undefined;
}

/** The scalar at a place, or the place itself for an aggregate. */
export function valueOfPlace(low: Lowerer, place: Place): Operand {
  if (scalarType(place.layout) === undefined) return place;
  const read = readPlace(low, place);
  return read === undefined ? place : { kind: "value", ...read };
}
