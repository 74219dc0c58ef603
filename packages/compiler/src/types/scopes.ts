import type { FunctionExpression } from "../parse/ast.ts";
import type { Entities } from "./evaluate.ts";

const scopes = new WeakMap<FunctionExpression, Entities>();

/** Says that a function is one of a module's top level. */
export function putInScope(value: FunctionExpression, entities: Entities): void {
  scopes.set(value, entities);
}

/** The names that a function of a module's top level sees; `undefined` for one that is written in place. */
export function scopeOf(value: FunctionExpression): Entities | undefined {
  return scopes.get(value);
}
