import type { Span } from "@ocelli/bpf";

import { sizeOfLayout, alignOfLayout } from "../author/layout.ts";
import type { Expression } from "../parse/ast.ts";
import type { Entity } from "../types/evaluate.ts";
import { scalarType, sameType, typeName, type Type } from "../types/type.ts";
import { binary } from "./arithmetic.ts";
import { isComparison, lowerBoolean } from "./conditions.ts";
import { describeOperand, toType, toTyped } from "./convert.ts";
import { hold } from "./hold.ts";
import { findBinding, type Lowerer } from "./lowerer.ts";
import { kernelAddress, kernelBytes, readKernelBytes } from "./kernel.ts";
import { element, followReference, member } from "./members.ts";
import {
  addressOf,
  checkWritable,
  copy,
  readPlace,
  stackPlace,
  writePlace,
  zero,
} from "./memory.ts";
import { FAILED, type Operand, type Place } from "./operand.ts";
import { lowerDefault, optional } from "./optional.ts";

/** Lowers an expression to what it stands for. */
export function lowerExpression(
  low: Lowerer,
  node: Expression,
  expected: Type | undefined,
): Operand {
  const { builder } = low;
  builder.span = node.span;
  switch (node.kind) {
    case "number":
      return { kind: "literal", value: BigInt(node.value), big: false };
    case "bigint":
      return { kind: "literal", value: node.value, big: true };
    case "boolean":
      return {
        kind: "value",
        type: { kind: "bool" },
        value: builder.constant(node.value ? 1n : 0n),
      };
    case "string":
    case "template":
      return low.refuse(
        "string",
        node.span,
        "Cannot use a string here: kernel programs have buffers",
        "Strings are arguments of printk() only",
      );
    case "name":
      return lowerName(low, node.name, node.span);
    case "member": {
      const object = low.expression(node.object);
      if (node.optional)
        return optional(low, object, node, (checked) => member(low, checked, node.name, node.span));
      return member(low, object, node.name, node.span);
    }
    case "index": {
      const object = hold(low, low.expression(node.object));
      const index = low.expression(node.index);
      return element(low, object(), index, node.span);
    }
    case "chain":
      return low.expression(node.expression, expected);
    case "call":
      return low.call(node, expected);
    case "unary":
      return lowerUnary(low, node);
    case "logical":
      return node.operator === "??" ? lowerDefault(low, node, expected) : lowerBoolean(low, node);
    case "binary": {
      if (isComparison(node.operator)) return lowerBoolean(low, node);
      const left = hold(low, asValue(low, low.expression(node.left)));
      const right = low.expression(node.right);
      const first = left();
      builder.span = node.span;
      const { operator } = node;
      return operator === "===" ||
        operator === "!==" ||
        operator === "<" ||
        operator === "<=" ||
        operator === ">" ||
        operator === ">="
        ? FAILED
        : binary(low, operator, first, right, node.span);
    }
    case "conditional":
      return lowerConditional(low, node, expected);
    case "assign":
      return lowerAssign(low, node);
    case "update":
      return lowerUpdate(low, node);
    case "object":
    case "array":
      return lowerAggregate(low, node, expected);
    default:
      return { kind: "function", value: node };
  }
}

/** A scalar place as its value now, before anything else is evaluated. */
function asValue(low: Lowerer, operand: Operand): Operand {
  if (operand.kind !== "place") return operand;
  const read = readPlace(low, operand);
  return read === undefined ? operand : { kind: "value", ...read };
}

function lowerName(low: Lowerer, name: string, span: Span): Operand {
  if (name === "undefined") return { kind: "undefined" };
  const binding = findBinding(low, name);
  if (binding?.kind === "fixed") return binding.operand;
  if (binding?.kind === "held") return binding.operand();
  if (binding?.kind === "variable")
    return { kind: "value", type: binding.type, value: low.builder.read(binding.variable) };
  const entity: Entity | undefined =
    low.entities.get(name) ?? (name === "Math" ? { kind: "builtin", name: "Math" } : undefined);
  if (entity === undefined)
    return low.refuse(
      "unknown-name",
      span,
      `Cannot find "${name}": nothing of that name is declared here`,
      "Declare it, or import it from @ocelli/compiler",
    );
  switch (entity.kind) {
    case "constant":
      return { kind: "literal", value: entity.value, big: entity.big };
    case "boolean":
      return {
        kind: "value",
        type: { kind: "bool" },
        value: low.builder.constant(entity.value ? 1n : 0n),
      };
    case "unknown":
      return FAILED;
    default:
      return { kind: "entity", entity };
  }
}

function lowerUnary(low: Lowerer, node: Expression & { readonly kind: "unary" }): Operand {
  const { builder } = low;
  if (node.operator === "!") return lowerBoolean(low, node);
  const operand = asValue(low, low.expression(node.operand));
  if (operand.kind === "literal") {
    if (node.operator === "-") return { ...operand, value: -operand.value };
    if (node.operator === "~") return { ...operand, value: ~operand.value };
    return operand;
  }
  if (operand.kind === "failed") return FAILED;
  const typed = toTyped(low, operand, node.span);
  if (typed === undefined) return FAILED;
  builder.span = node.span;
  const { type } = typed;
  if (type.kind !== "int")
    return low.refuse(
      "no-arithmetic",
      node.span,
      `Cannot compute ${node.operator}${typeName(type)}: only integers have arithmetic`,
      "Use a number or a bigint",
    );
  const big = type.bits === 64;
  if (node.operator === "-")
    return binary(low, "-", { kind: "literal", value: 0n, big }, operand, node.span);
  if (node.operator === "+")
    return big
      ? low.refuse(
          "no-arithmetic",
          node.span,
          "Cannot compute + of a bigint: JavaScript refuses it",
          "Leave it out",
        )
      : operand;
  const wide = type.bits < 32 ? ({ kind: "int", bits: 32, signed: true } as const) : type;
  const flipped = builder.arithmetic(
    "xor",
    wide.bits === 64 || wide.signed ? 64 : 32,
    typed.value,
    builder.constant(-1n),
  );
  return { kind: "value", type: wide, value: flipped };
}

function lowerConditional(
  low: Lowerer,
  node: Expression & { readonly kind: "conditional" },
  expected: Type | undefined,
): Operand {
  const { builder } = low;
  const yes = builder.block();
  const no = builder.block();
  const done = builder.block();
  const result = builder.variable();
  low.condition(node.test, yes, no);
  builder.enter(yes);
  const first = asValue(low, low.expression(node.yes, expected));
  const firstEnd = builder.current;
  builder.enter(no);
  const second = asValue(low, low.expression(node.otherwise, expected));
  const secondEnd = builder.current;
  const type = unify(low, first, second, expected, node.span);
  if (type === undefined) {
    builder.jump(done);
    builder.current = firstEnd;
    builder.jump(done);
    builder.enter(done);
    return FAILED;
  }
  for (const [end, operand] of [
    [firstEnd, first],
    [secondEnd, second],
  ] as const) {
    builder.current = end;
    builder.write(result, toType(low, operand, type, node.span) ?? builder.constant(0n));
    builder.jump(done);
  }
  builder.enter(done);
  return { kind: "value", type, value: builder.read(result) };
}

/** The type that both ways of a conditional have. */
function unify(
  low: Lowerer,
  a: Operand,
  b: Operand,
  expected: Type | undefined,
  span: Span,
): Type | undefined {
  if (a.kind === "failed" || b.kind === "failed") return undefined;
  if (a.kind === "literal" && b.kind === "literal")
    return expected?.kind === "int"
      ? expected
      : { kind: "int", bits: a.big ? 64 : 32, signed: a.value < 0n || b.value < 0n };
  const first = a.kind === "value" ? a.type : undefined;
  const second = b.kind === "value" ? b.type : undefined;
  const type = first ?? second;
  if (type === undefined) {
    low.refuse(
      "type-mismatch",
      span,
      `Cannot choose between ${describeOperand(a)} and ${describeOperand(b)}: they have no type`,
      "Give numbers on both sides",
    );
    return undefined;
  }
  if (first !== undefined && second !== undefined && !sameType(first, second)) {
    if (expected !== undefined && expected.kind === "int") return expected;
    if (first.kind === "int" && second.kind === "int" && first.bits !== 64 && second.bits !== 64) {
      const signed = first.signed || second.signed;
      return { kind: "int", bits: 32, signed };
    }
  }
  return type.kind === "int" && type.bits < 32 && (first === undefined || second === undefined)
    ? { kind: "int", bits: 32, signed: type.signed || literalIsNegative(a) || literalIsNegative(b) }
    : type;
}

function literalIsNegative(operand: Operand): boolean {
  return operand.kind === "literal" && operand.value < 0n;
}

function lowerAssign(low: Lowerer, node: Expression & { readonly kind: "assign" }): Operand {
  const { target, operator, value } = node;
  const { builder } = low;
  if (target.kind === "name") {
    const binding = findBinding(low, target.name);
    if (binding?.kind !== "variable" || binding.constant)
      return low.refuse(
        "not-assignable",
        target.span,
        `Cannot assign to "${target.name}": it is no variable of this function`,
        "Declare it with let; what programs share is global(schema, initial)",
      );
    const before =
      operator === undefined ? undefined : hold(low, lowerName(low, target.name, target.span));
    const right = asValue(low, low.expression(value, binding.type));
    const result =
      before === undefined || operator === undefined
        ? right
        : combine(low, operator, before(), right, node.span);
    builder.span = node.span;
    const typed = toType(low, result, binding.type, node.span);
    if (typed === undefined) return FAILED;
    builder.write(binding.variable, typed);
    return { kind: "value", type: binding.type, value: typed };
  }
  const place = low.expression(target);
  if (place.kind === "failed") return FAILED;
  if (place.kind !== "place")
    return low.refuse(
      "not-assignable",
      target.span,
      `Cannot assign to ${describeOperand(place)}: it is no place in memory`,
      "Assign to a variable, or to a member of a record",
    );
  if (!checkWritable(low, place, target.span)) return FAILED;
  const held = hold(low, place);
  if (operator === undefined) return fillPlace(low, held, value, node.span);
  const type = scalarType(place.layout);
  const before = hold(low, asValue(low, place));
  const right = low.expression(value, type);
  const result = combine(low, operator, before(), right, node.span);
  const typed = type === undefined ? undefined : toType(low, result, type, node.span);
  const now = held();
  if (typed === undefined || type === undefined || now.kind !== "place") return FAILED;
  builder.span = node.span;
  writePlace(low, now, typed);
  return { kind: "value", type, value: typed };
}

function combine(
  low: Lowerer,
  operator: Exclude<(Expression & { readonly kind: "assign" })["operator"], undefined>,
  left: Operand,
  right: Operand,
  span: Span,
): Operand {
  if (
    operator === "===" ||
    operator === "!==" ||
    operator === "<" ||
    operator === "<=" ||
    operator === ">" ||
    operator === ">="
  )
    return FAILED;
  return binary(low, operator, left, right, span);
}

function lowerUpdate(low: Lowerer, node: Expression & { readonly kind: "update" }): Operand {
  const { target, operator, span } = node;
  const before = asValue(low, low.expression(target));
  if (before.kind !== "value")
    return before.kind === "failed"
      ? FAILED
      : low.refuse(
          "not-assignable",
          span,
          `Cannot count ${describeOperand(before)}: it is no variable`,
          "Use a variable that let declares",
        );
  const big = before.type.kind === "int" && before.type.bits === 64;
  const one: Expression = big
    ? { kind: "bigint", value: 1n, span }
    : { kind: "number", value: 1, span };
  const after = lowerAssign(low, { kind: "assign", operator, target, value: one, span });
  return node.prefix ? after : before;
}

/** Makes a struct on the stack from an object literal. */
function lowerAggregate(
  low: Lowerer,
  node: Expression & { readonly kind: "object" | "array" },
  expected: Type | undefined,
): Operand {
  if (expected?.kind !== "reference")
    return low.refuse(
      "no-heap",
      node.span,
      "Cannot make an object here: nothing says how it lies in memory",
      "Use an object as a key or a value of a map, or assign its members",
    );
  const place = stackPlace(low, expected.layout);
  zero(low, place.base, Math.ceil(sizeOfLayout(expected.layout) / 8) * 8);
  fillPlace(low, () => place, node, node.span);
  return place;
}

/** Puts an expression's value into a place: numbers, object literals member by member, other aggregates byte by byte. */
export function fillPlace(
  low: Lowerer,
  target: () => Operand,
  node: Expression,
  span: Span,
): Operand {
  const place = target();
  if (place.kind !== "place") return FAILED;
  const { layout } = place;
  const type = scalarType(layout);
  if (type !== undefined) {
    const operand = asValue(low, low.expression(node, type));
    if (operand.kind === "failed") return FAILED;
    const value = toType(low, operand, type, span);
    const now = target();
    if (value === undefined || now.kind !== "place") return FAILED;
    low.builder.span = span;
    writePlace(low, now, value);
    return { kind: "value", type, value };
  }
  if (node.kind === "object" && layout.kind === "struct") {
    for (const field of node.fields) {
      const inner = (): Operand => member(low, target(), field.name, field.value.span);
      fillPlace(low, inner, field.value, field.value.span);
    }
    return place;
  }
  if (node.kind === "array" && layout.kind === "array") {
    node.elements.forEach((one, index) => {
      const at: Operand = { kind: "literal", value: BigInt(index), big: false };
      fillPlace(low, () => element(low, target(), at, one.span), one, one.span);
    });
    return place;
  }
  // currentComm() and its like write straight into the place.
  if (node.kind === "call") {
    const made = low.call(node, { kind: "reference", layout, memory: place.memory, boxed: false });
    return copyInto(low, made, target(), span);
  }
  return copyInto(low, low.expression(node), target(), span);
}

function copyInto(low: Lowerer, operand: Operand, target: Operand, span: Span): Operand {
  if (operand.kind === "failed" || target.kind !== "place") return FAILED;
  if (
    operand.kind === "kernel-place" &&
    kernelBytes(low, operand) === sizeOfLayout(target.layout)
  ) {
    readKernelBytes(
      low,
      addressOf(low, target),
      sizeOfLayout(target.layout),
      kernelAddress(low, operand),
    );
    return target;
  }
  const from: Place | undefined =
    operand.kind === "place"
      ? operand
      : operand.kind === "value" && operand.type.kind === "reference"
        ? followReference(low, operand.type, operand.value, span)
        : undefined;
  if (
    from === undefined ||
    sizeOfLayout(from.layout) !== sizeOfLayout(target.layout) ||
    from.layout.kind !== target.layout.kind
  )
    return low.refuse(
      "type-mismatch",
      span,
      `Cannot copy ${describeOperand(operand)} here: it is laid out differently`,
      "Copy the members one by one",
    );
  const align =
    from.memory === "packet"
      ? 1
      : Math.min(8, alignOfLayout(from.layout), alignOfLayout(target.layout));
  copy(low, from, target, sizeOfLayout(from.layout), align);
  return target;
}
