import { sizeOfLayout } from "../author/layout.ts";
import type { Value } from "../ir/ir.ts";
import type { Expression } from "../parse/ast.ts";
import { toTyped } from "./convert.ts";
import { hold } from "./hold.ts";
import type { Lowerer } from "./lowerer.ts";
import { addressOf } from "./memory.ts";
import type { Operand } from "./operand.ts";

/** A text for a printing helper. */
export interface FormatText {
  /** Its address in `.rodata`. */
  readonly format: Value;
  /** In bytes, with the NUL. */
  readonly size: number;
  readonly values: readonly Value[];
}

/** Lowers a text or template: numbers print as `%lld` or `%llu`, buffers as `%s`. `undefined` after a refusal. */
export function formatText(
  low: Lowerer,
  text: Expression | undefined,
  node: Expression,
  most: number,
): FormatText | undefined {
  const texts =
    text?.kind === "template" ? text.texts : text?.kind === "string" ? [text.value] : undefined;
  const nodes = text?.kind === "template" ? text.values : [];
  if (texts === undefined || nodes.length > most) {
    low.refuse(
      "format-text",
      node.span,
      `Cannot print this: it takes a text with up to ${most} values in it`,
      "Write `opened ${count} files`",
    );
    return undefined;
  }
  const held = nodes.map((value) => hold(low, low.expression(value)));
  // The text itself says nothing to the formatter.
  const literal = (index: number): string => (texts[index] ?? "").replaceAll("%", "%%");
  let format = literal(0);
  const values: Value[] = [];
  held.forEach((operand, index) => {
    const one = piece(low, operand(), nodes[index] ?? node);
    format += (one?.conversion ?? "") + literal(index + 1);
    values.push(one?.value ?? low.builder.constant(0n));
  });
  const { section, offset, size } = low.data.text(format);
  const { builder } = low;
  builder.span = node.span;
  return { format: builder.emit({ op: "data", map: section, offset }), size, values };
}

function piece(
  low: Lowerer,
  operand: Operand,
  node: Expression,
): { readonly conversion: string; readonly value: Value } | undefined {
  if (
    operand.kind === "place" &&
    operand.layout.kind === "char" &&
    sizeOfLayout(operand.layout) > 1 &&
    (operand.memory === "stack" || operand.memory === "map" || operand.memory === "ring")
  )
    return { conversion: "%s", value: addressOf(low, operand) };
  const typed = toTyped(low, operand, node.span);
  if (typed === undefined) return undefined;
  const { type, value } = typed;
  if (type.kind === "kernel" || type.kind === "address") return { conversion: "0x%llx", value };
  const signed = type.kind === "int" && type.signed;
  return { conversion: `%ll${signed ? "d" : "u"}`, value };
}
