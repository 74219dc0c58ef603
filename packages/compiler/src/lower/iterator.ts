import type { Expression } from "../parse/ast.ts";
import { sizeOfLayout } from "../author/layout.ts";
import { describeOperand, toTyped } from "./convert.ts";
import { formatText } from "./format-text.ts";
import { kernelMember } from "./kernel.ts";
import type { Lowerer } from "./lowerer.ts";
import { followReference } from "./members.ts";
import { addressOf } from "./memory.ts";
import { FAILED, type Operand } from "./operand.ts";

type Call = Expression & { readonly kind: "call" };

/** Lowers `context.print(text)` and `context.write(record)` of an iterator's program. */
export function writeIterator(low: Lowerer, name: string, node: Call): Operand {
  const [argument] = node.args;
  const meta = low.context.element?.()?.get("meta");
  if (meta?.kind !== "value" || meta.type.kind !== "kernel") return FAILED;
  const { typeId, struct, access } = meta.type;
  const field = { struct, path: [] };
  const sequence = kernelMember(
    low,
    { kind: "kernel-place", typeId, base: meta.value, offset: 0, field, access },
    "seq",
    node.span,
  );
  const output = toTyped(low, sequence, node.span);
  if (output === undefined || argument === undefined) return FAILED;
  const { builder } = low;
  if (name === "print") {
    const text = formatText(low, argument, node, 12);
    if (text === undefined) return FAILED;
    builder.span = node.span;
    const { format, size, values } = text;
    const data = values.length === 0 ? builder.constant(0n) : builder.slot(values.length * 8);
    values.forEach((value, index) => builder.store(8, data, index * 8, value));
    builder.call(
      "seq_printf",
      output.value,
      format,
      builder.constant(BigInt(size)),
      data,
      builder.constant(BigInt(values.length * 8)),
    );
    return { kind: "void" };
  }
  const operand = low.expression(argument);
  const place =
    operand.kind === "value" && operand.type.kind === "reference"
      ? followReference(low, operand.type, operand.value, argument.span)
      : operand;
  if (place === undefined || place.kind === "failed") return FAILED;
  if (place.kind !== "place")
    return low.refuse(
      "no-record",
      argument.span,
      `Cannot write ${describeOperand(operand)}: it is no record`,
      "Write a struct of scratch(schema) or of a map",
    );
  builder.span = node.span;
  builder.call(
    "seq_write",
    output.value,
    addressOf(low, place),
    builder.constant(BigInt(sizeOfLayout(place.layout))),
  );
  return { kind: "void" };
}
