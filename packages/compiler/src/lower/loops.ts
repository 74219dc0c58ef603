import type { Expression, Statement } from "../parse/ast.ts";
import { lowerLoopHelper, lowerMapLoop } from "./callbacks.ts";
import { knownRange, toType, toTyped } from "./convert.ts";
import { declare, inScope, type Loop, type Lowerer } from "./lowerer.ts";

/** Lowers `while` and `for (…; …; …)`. */
export function lowerLoop(low: Lowerer, node: Statement & { readonly kind: "loop" }): void {
  const { builder } = low;
  for (const one of node.start) low.statement(one);
  const head = builder.block();
  const body = builder.block();
  const step = builder.block();
  const done = builder.block();
  builder.jump(head);
  builder.current = head;
  if (node.test === undefined) builder.jump(body);
  else low.condition(node.test, body, done);
  builder.enter(body);
  withLoop(low, { breaks: done, continues: step }, () => {
    inScope(low, () => low.statement(node.body));
  });
  builder.jump(step);
  builder.enter(step);
  if (node.step !== undefined) low.expression(node.step);
  builder.jump(head);
  builder.seal(head);
  builder.enter(done);
}

/** Lowers something that `break` leaves. */
export function withLoop(low: Lowerer, loop: Loop, body: () => void): void {
  const { loops } = low;
  low.loops = [...loops, loop];
  body();
  low.loops = loops;
}

/** `for (const i of range(n, { max }))`: both bounds are compared each time, so that the verifier sees the constant one. */
export function lowerRange(low: Lowerer, node: Statement & { readonly kind: "for-of" }): void {
  const { builder } = low;
  const { iterable } = node;
  const maker = iterable.kind === "call" ? builtinName(low, iterable.callee) : undefined;
  const [count, options] = iterable.kind === "call" && maker !== undefined ? iterable.args : [];
  if (maker === "loop" && count !== undefined) {
    lowerLoopHelper(low, node, count);
    return;
  }
  if (maker === undefined && iterable.kind === "name") {
    const entity = low.entities.get(iterable.name);
    const isTable = entity?.kind === "map" && /hash|array/.test(entity.shape.mapType);
    if (isTable && (entity.shape.role === "hash" || entity.shape.role === "array")) {
      const { name, shape } = entity;
      lowerMapLoop(low, node, { name, shape, pointer: () => low.builder.map(name) });
      return;
    }
  }
  if (count === undefined) {
    low.refuse(
      "not-iterable",
      iterable.span,
      "Cannot loop over this: kernel programs loop over range(n), loop(n) and maps",
      "Write for (const i of range(n, { max: 64 }))",
    );
    return;
  }
  const u32 = { kind: "int", bits: 32, signed: false } as const;
  const given = low.expression(count, u32);
  const limit = builder.variable();
  const index = builder.variable();
  builder.write(limit, toType(low, given, u32, count.span) ?? builder.constant(0n));
  const most =
    options?.kind === "object"
      ? options.fields.find(({ name }) => name === "max")?.value
      : undefined;
  const max = most === undefined ? undefined : low.expression(most, u32);
  let bound = max?.kind === "literal" ? max.value : undefined;
  if (given.kind !== "literal" && bound === undefined) {
    const typed = toTyped(low, given, count.span);
    const range = typed?.type.kind === "int" ? knownRange(low, typed.value, typed.type) : undefined;
    const isFrozen = typed !== undefined && frozen(low, typed.value);
    if (isFrozen) bound = undefined;
    else if (range === undefined || range.max > 100_000n)
      low.refuse(
        "unbounded-loop",
        count.span,
        "Cannot compile this loop: nothing shows how often it runs at most",
        "Give a bound: range(n, { max: 64 })",
      );
    // Kernels below 6.12 learn nothing from a comparison with a variable.
    else bound = range.max;
  }
  builder.write(index, builder.constant(0n));
  const head = builder.block();
  const inside = builder.block();
  const body = builder.block();
  const step = builder.block();
  const done = builder.block();
  builder.jump(head);
  builder.current = head;
  builder.branch("<", builder.read(index), builder.read(limit), inside, done);
  builder.enter(inside);
  if (bound !== undefined)
    builder.branch("<", builder.read(index), builder.constant(bound), body, done);
  else builder.jump(body);
  builder.enter(body);
  const current = builder.variable();
  builder.write(current, builder.read(index));
  declare(low, node.name, { kind: "variable", variable: current, type: u32, constant: true });
  withLoop(low, { breaks: done, continues: step }, () => {
    inScope(low, () => low.statement(node.body));
  });
  builder.jump(step);
  builder.enter(step);
  builder.write(index, builder.arithmetic("add", 64, builder.read(index), builder.constant(1n)));
  builder.jump(head);
  builder.seal(head);
  builder.enter(done);
}

/** Whether a value is configuration, which is a constant for the verifier. */
function frozen(low: Lowerer, value: number): boolean {
  const { values } = low.builder.program;
  const made = values.get(value);
  const base = made?.op === "load" ? values.get(made.base) : undefined;
  return base?.op === "data" && base.map === ".rodata";
}

/** `range` or `loop`, if that is what is called. */
function builtinName(low: Lowerer, callee: Expression): "range" | "loop" | undefined {
  const entity = callee.kind === "name" ? low.entities.get(callee.name) : undefined;
  if (entity?.kind !== "builtin") return undefined;
  return entity.name === "range" || entity.name === "loop" ? entity.name : undefined;
}
