import type { Operand } from "./operand.ts";
import type { Lowerer } from "./lowerer.ts";

/**
 * Keeps operands while others are lowered, whose branches may rebuild the block that the first were made in: through a
 * variable each comes out right on every way. The result gives the operand again.
 */
export function hold(low: Lowerer, operand: Operand): () => Operand {
  const { builder } = low;
  if (operand.kind === "value") {
    const variable = builder.variable(true);
    builder.write(variable, operand.value);
    return () => ({ ...operand, value: builder.read(variable) });
  }
  if (operand.kind === "place" || operand.kind === "kernel-place") {
    const variable = builder.variable(true);
    builder.write(variable, operand.base);
    return () => ({ ...operand, base: builder.read(variable) });
  }
  if (operand.kind === "method") {
    const object = hold(low, operand.object);
    return () => ({ ...operand, object: object() });
  }
  return () => operand;
}
