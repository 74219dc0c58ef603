import type { Expr } from "./ast.ts";
import { CelRuntimeError } from "./problem.ts";
import { refuse, type Compiled, type Frame, type Scope } from "./program.ts";
import { CEL, fits, showType, type CelType } from "./types.ts";
import { isList, isMap, type CelValue } from "./values.ts";

type Macro = Expr & { kind: "macro" };

/** Compiles `all`, `exists`, `exists_one`, `map` and `filter` over a list or the keys of a map. */
export function compileMacro(
  expr: Macro,
  scope: Scope,
  compileExpr: (expr: Expr, scope: Scope) => Compiled,
): Compiled {
  const range = compileExpr(expr.range, scope);
  const item = itemType(range.type);
  if (item === undefined) {
    const shown = showType(range.type);
    const message = `expression of type '${shown}' cannot be range of a comprehension (must be list, map, or dynamic)`;
    return refuse(scope, expr.range.at, message);
  }
  const slot = scope.variables.reduce((next, { slot: taken }) => Math.max(next, taken + 1), 0);
  const inner: Scope = {
    ...scope,
    variables: [...scope.variables, { name: expr.variable, type: item, slot }],
  };
  const test = expr.test === undefined ? undefined : compileExpr(expr.test, inner);
  const step = compileExpr(expr.step, inner);
  const tested = test ?? (expr.form === "map" ? undefined : step);
  if (tested !== undefined && !fits(tested.type, CEL.bool)) {
    const { at } = test === undefined ? expr.step : (expr.test ?? expr.step);
    return refuse(scope, at, `expected type 'bool' but found '${showType(tested.type)}'`);
  }
  const type: CelType =
    expr.form === "map"
      ? { kind: "list", item: step.type }
      : expr.form === "filter"
        ? { kind: "list", item }
        : CEL.bool;
  if ([range.type, step.type].some(({ kind }) => kind === "error")) {
    return { type: CEL.error, run: () => null };
  }
  return {
    type,
    run: (frame) =>
      runMacro(expr.form, itemsOf(range.run(frame)), slot, test?.run, step.run, frame),
  };
}

function itemType(type: CelType): CelType | undefined {
  if (type.kind === "list") return type.item;
  if (type.kind === "map") return type.key;
  return type.kind === "dyn" || type.kind === "any" || type.kind === "error" ? CEL.dyn : undefined;
}

function itemsOf(value: CelValue): readonly CelValue[] {
  if (isList(value)) return value;
  if (isMap(value)) return value.entries.map(({ key }) => key);
  throw new CelRuntimeError("no such overload");
}

function runMacro(
  form: Macro["form"],
  items: readonly CelValue[],
  slot: number,
  test: Compiled["run"] | undefined,
  step: Compiled["run"],
  frame: Frame,
): CelValue {
  const kept: CelValue[] = [];
  let found = 0;
  let failure: CelRuntimeError | undefined;
  for (const item of items) {
    // Nested macros multiply: the budget of the whole evaluation ends them.
    frame.steps -= 1;
    if (frame.steps <= 0)
      throw new CelRuntimeError("operation cancelled: actual cost limit exceeded");
    frame.slots[slot] = item;
    if (form === "map") {
      if (test === undefined || test(frame) === true) kept.push(step(frame));
      continue;
    }
    let holds: CelValue;
    try {
      holds = step(frame);
    } catch (error) {
      // As with && and ||: another item may still decide.
      if (!(error instanceof CelRuntimeError) || frame.steps <= 0) throw error;
      if (form !== "all" && form !== "exists") throw error;
      failure = error;
      continue;
    }
    if (form === "all" && holds === false) return false;
    if (form === "exists" && holds === true) return true;
    if (holds !== true) continue;
    found += 1;
    if (form === "filter") kept.push(item);
  }
  if (failure !== undefined) throw failure;
  if (form === "map" || form === "filter") return kept;
  if (form === "exists_one") return found === 1;
  return form === "all";
}
