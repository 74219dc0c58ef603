import type { Expression } from "../parse/ast.ts";
import { toType } from "./convert.ts";
import { hold } from "./hold.ts";
import type { Lowerer } from "./lowerer.ts";
import { followReference } from "./members.ts";
import { FAILED, type Operand } from "./operand.ts";

/** Lowers `reference.add(amount)`: atomic, on every kernel since the plain form needs no result. */
export function callAdd(
  low: Lowerer,
  object: Operand & { readonly kind: "value" },
  node: Expression & { readonly kind: "call" },
): Operand {
  const { type } = object;
  const [amount] = node.args;
  if (type.kind !== "reference" || type.layout.kind !== "int" || amount === undefined)
    return FAILED;
  const { layout } = type;
  if (layout.bits !== 32 && layout.bits !== 64)
    return low.refuse(
      "atomic-width",
      node.span,
      `Cannot add atomically to ${layout.bits} bits: the machine has 32 and 64`,
      "Use a u32 or u64 value",
    );
  const held = hold(low, object);
  const value = toType(low, low.expression(amount, layout), layout, amount.span);
  const now = held();
  if (value === undefined || now.kind !== "value") return FAILED;
  const place = followReference(low, type, now.value, node.span);
  if (place === undefined) return FAILED;
  low.builder.span = node.span;
  low.builder.atomicAdd(layout.bits === 32 ? 4 : 8, place.base, place.offset, value);
  return { kind: "void" };
}
