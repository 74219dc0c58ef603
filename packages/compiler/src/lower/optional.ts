import type { Expression } from "../parse/ast.ts";
import { isPointer, type Type } from "../types/type.ts";
import { describeOperand, toType } from "./convert.ts";
import type { Lowerer } from "./lowerer.ts";
import { valueOfPlace } from "./members.ts";
import { FAILED, type Operand } from "./operand.ts";

function valueOf(low: Lowerer, operand: Operand): Operand {
  return operand.kind === "place" ? valueOfPlace(low, operand) : operand;
}

/** `object?.…`: goes on only where the reference is there. The chain's own value is void. */
export function optional(
  low: Lowerer,
  object: Operand,
  node: Expression,
  rest: (checked: Operand) => Operand,
): Operand {
  const { builder } = low;
  if (object.kind !== "value" || !isPointer(object.type)) return rest(object);
  const { type } = object;
  const held = builder.variable();
  builder.write(held, object.value);
  const there = builder.block();
  const none = builder.block();
  const done = builder.block();
  const variable = builder.variable();
  const present = builder.variable();
  // Read again, so that the branch sees the value of this block.
  builder.branchOnZero(builder.read(held), none, there, true);
  builder.enter(there);
  const result = valueOf(low, rest({ kind: "value", type, value: builder.read(held) }));
  if (result.kind === "value") builder.write(variable, result.value);
  builder.write(present, builder.constant(1n));
  builder.jump(done);
  builder.enter(none);
  builder.write(variable, builder.constant(0n));
  builder.write(present, builder.constant(0n));
  builder.jump(done);
  builder.enter(done);
  if (result.kind === "void" || result.kind === "failed" || result.kind === "method") return result;
  if (result.kind === "value") {
    // Pointers and booleans say by 0 that there is none; the rest needs ?? behind it.
    if (isPointer(result.type) || result.type.kind === "bool")
      return { kind: "value", type: result.type, value: builder.read(variable) };
    return { kind: "maybe", type: result.type, variable, present };
  }
  return low.refuse(
    "optional-value",
    node.span,
    "Cannot use the value behind ?.: where there is none it has no address",
    "Check with if first",
  );
}

/** Lowers `a ?? b`: what `?.` found, or else the other value. */
export function lowerDefault(
  low: Lowerer,
  node: Expression & { readonly kind: "logical" },
  expected: Type | undefined,
): Operand {
  const { builder } = low;
  const found = low.expression(node.left, expected);
  if (found.kind === "failed") return FAILED;
  if (found.kind !== "maybe" && !(found.kind === "value" && isPointer(found.type)))
    return low.refuse(
      "no-default",
      node.span,
      `Cannot use ?? behind ${describeOperand(found)}: it is never undefined`,
      "Leave ?? out, or use it behind ?.",
    );
  const { type } = found;
  const result = builder.variable();
  const there = builder.block();
  const none = builder.block();
  const done = builder.block();
  if (found.kind === "maybe") builder.branchOnZero(builder.read(found.present), none, there, false);
  else {
    builder.write(result, found.value);
    builder.branchOnZero(builder.read(result), none, there, true);
  }
  builder.enter(there);
  if (found.kind === "maybe") builder.write(result, builder.read(found.variable));
  builder.jump(done);
  builder.enter(none);
  const other = low.expression(node.right, type);
  builder.write(result, toType(low, other, type, node.right.span) ?? builder.constant(0n));
  builder.jump(done);
  builder.enter(done);
  return { kind: "value", type, value: builder.read(result) };
}
