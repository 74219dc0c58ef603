import type { Value } from "../ir/ir.ts";
import type { Lowerer } from "./lowerer.ts";

/** A number that is at most `most`, made by a branch: the verifier then knows the very value that is used. */
export function capped(low: Lowerer, value: Value, most: bigint): Value {
  const { builder } = low;
  const result = builder.variable();
  builder.write(result, value);
  const over = builder.block();
  const done = builder.block();
  const limit = builder.constant(most);
  builder.branch(">", value, limit, over, done);
  builder.enter(over);
  builder.write(result, limit);
  builder.jump(done);
  builder.enter(done);
  return builder.read(result);
}
