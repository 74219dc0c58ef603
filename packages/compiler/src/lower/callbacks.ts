import { sizeOfLayout, type Layout } from "../author/layout.ts";
import type { Variable } from "../ir/builder.ts";
import type { Value } from "../ir/ir.ts";
import type { Expression, Statement } from "../parse/ast.ts";
import { intType, scalarType, type Type } from "../types/type.ts";
import { toType } from "./convert.ts";
import { uniqueName } from "./functions.ts";
import { declare, findBinding, inScope, type Lowerer } from "./lowerer.ts";
import type { MapRef } from "./map-ref.ts";
import { readPlace } from "./memory.ts";
import { namesIn } from "./names-in.ts";
import type { Binding, Operand } from "./operand.ts";

type ForOf = Statement & { readonly kind: "for-of" };

/** A variable of the function around a callback, with its place in the frame that both see. */
interface Capture {
  readonly name: string;
  readonly offset: number;
  readonly binding: Binding;
  /** What the variable is inside. */
  inner: Variable | undefined;
  /** What it held when the callback began. */
  before: Value | undefined;
}

/**
 * Lowers the body of a loop as a function that a helper calls for each round. Variables of the function around it travel
 * through its stack, whole values at multiples of 8, where the verifier follows numbers and pointers alike:
 *
 * ```
 *  frame:  0  context, if the body needs it
 *          8  first captured variable
 *         16  …
 * ```
 *
 * `bind` declares what the round is about; the number of the parameter that leads to the frame comes with it.
 */
function lowerBody(
  low: Lowerer,
  node: ForOf,
  frameParameter: number,
  bind: (inner: Lowerer) => void,
): { readonly name: string; readonly frame: Value; readonly finish: () => void } {
  const { builder } = low;
  const { captures, fixed } = findCaptures(low, node.body);
  const frame = builder.slot(8 * (captures.length + 1));
  const name = uniqueName(low, `${builder.program.name}_body`.slice(0, 60));
  // The name is taken while the body, which may hold further loops, is lowered.
  low.functions.set(`callback ${name}`, undefined);
  const inner = low.derive(name);
  inner.entities = low.entities;
  const own = inner.builder;
  own.span = node.span;
  own.current.span = node.span;
  const from = own.emit({ op: "nonnull", value: own.parameter(frameParameter) });
  const context = own.load(8, from, 0);
  own.setContext(context);
  for (const [one, operand] of fixed) declare(inner, one, { kind: "fixed", operand });
  for (const capture of captures) captureInside(low, inner, capture, from);
  for (const [one, operand] of fixed) {
    if (operand.kind !== "packet") continue;
    const part = (what: string): Variable | undefined =>
      captures.find((capture) => capture.name === `${one}.${what}`)?.inner;
    const { cursor = own.variable(), end = own.variable() } = {
      cursor: part("cursor"),
      end: part("end"),
    };
    declare(inner, one, { kind: "fixed", operand: { kind: "packet", cursor, end } });
  }
  const more = own.block();
  const stop = own.block();
  inner.loops = [{ breaks: stop, continues: more }];
  bind(inner);
  inScope(inner, () => inner.statement(node.body));
  own.jump(more);
  const written = new Set<Capture>();
  for (const [block, answer] of [
    [more, 0n],
    [stop, 1n],
  ] as const) {
    own.enter(block);
    for (const capture of captures) {
      // Without a break nothing leads to the second way.
      if (capture.inner === undefined || block.predecessors.length === 0) continue;
      const now = own.resolve(own.read(capture.inner));
      if (now === capture.before) continue;
      own.store(8, from, capture.offset, now);
      written.add(capture);
    }
    own.leave(own.constant(answer));
  }
  low.functions.set(`callback ${name}`, {
    name,
    linkage: "static",
    ir: own.program,
    result: intType(64, false),
    takesContext: false,
    parameters: Array.from({ length: frameParameter + 1 }, (_, index) => ({
      name: `arg${index}`,
      type: intType(64, false),
    })),
  });
  builder.span = node.span;
  const needsContext = own.program.blocks.some(({ instructions, end }) =>
    [
      ...instructions.flatMap((one) => valuesOf(one)),
      ...(end?.kind === "return" ? [end.value] : []),
    ].includes(context),
  );
  builder.store(8, frame, 0, needsContext ? builder.context() : builder.constant(0n));
  for (const capture of captures) builder.store(8, frame, capture.offset, outerValue(low, capture));
  return {
    name,
    frame,
    finish: () => {
      for (const { binding, offset } of written)
        if (binding.kind === "variable")
          builder.write(binding.variable, builder.load(8, frame, offset));
    },
  };
}

function valuesOf(one: { readonly op: string }): readonly Value[] {
  return Object.values(one).flatMap((value: unknown) =>
    typeof value === "number"
      ? [value]
      : Array.isArray(value)
        ? value.filter((each) => typeof each === "number")
        : [],
  );
}

/** What a body needs of the function around: values, and what is the same everywhere. A packet is its two pointers. */
function findCaptures(
  low: Lowerer,
  body: Statement,
): { readonly captures: readonly Capture[]; readonly fixed: ReadonlyMap<string, Operand> } {
  const captures: Capture[] = [];
  const fixed = new Map<string, Operand>();
  const capture = (name: string, binding: Binding): void => {
    const offset = 8 * (captures.length + 1);
    captures.push({ name, offset, binding, inner: undefined, before: undefined });
  };
  for (const name of namesIn(body)) {
    const binding = findBinding(low, name);
    if (binding === undefined) continue;
    if (binding.kind !== "fixed") {
      capture(name, binding);
      continue;
    }
    const { operand } = binding;
    fixed.set(name, operand);
    if (operand.kind !== "packet") continue;
    const type = intType(64, false);
    for (const what of ["cursor", "end"] as const)
      capture(`${name}.${what}`, {
        kind: "variable",
        variable: operand[what],
        type,
        constant: false,
      });
  }
  return { captures, fixed };
}

function outerValue(low: Lowerer, { binding }: Capture): Value {
  if (binding.kind === "variable") return low.builder.read(binding.variable);
  const operand = binding.kind === "held" ? binding.operand() : binding.operand;
  return operand.kind === "place" || operand.kind === "kernel-place"
    ? operand.base
    : low.builder.constant(0n);
}

function captureInside(low: Lowerer, inner: Lowerer, capture: Capture, frame: Value): void {
  const { binding, name, offset } = capture;
  const { builder } = inner;
  let value = builder.load(8, frame, offset);
  if (low.builder.isNonNull(outerValue(low, capture)))
    value = builder.emit({ op: "nonnull", value });
  if (binding.kind === "variable") {
    const variable = builder.variable(binding.constant);
    builder.write(variable, value);
    declare(inner, name, { ...binding, variable });
    if (!binding.constant) Object.assign(capture, { inner: variable, before: value });
    return;
  }
  if (binding.kind === "held") {
    const outer = binding.operand();
    const operand: Operand =
      outer.kind === "place" || outer.kind === "kernel-place" ? { ...outer, base: value } : outer;
    declare(inner, name, { kind: "fixed", operand });
  }
}

/** `for (const i of loop(n)) …`: the kernel counts, so that the number of rounds may be anything up to 8 million. */
export function lowerLoopHelper(low: Lowerer, node: ForOf, count: Expression): void {
  const { builder } = low;
  const type = intType(32, false);
  const rounds = toType(low, low.expression(count, type), type, count.span);
  if (rounds === undefined) return;
  const held = builder.variable(true);
  builder.write(held, rounds);
  const { name, frame, finish } = lowerBody(low, node, 1, (inner) => {
    const index = inner.builder.variable(true);
    const given = inner.builder.extend(false, 32, inner.builder.parameter(0));
    inner.builder.write(index, given);
    declare(inner, node.name, { kind: "variable", variable: index, type, constant: true });
  });
  const callback = builder.emit({ op: "function", name });
  builder.call("loop", builder.read(held), callback, frame, builder.constant(0n));
  finish();
}

/** `for (const [key, value] of map) …`: the kernel calls the body for each entry. */
export function lowerMapLoop(low: Lowerer, node: ForOf, map: MapRef): void {
  const { builder } = low;
  const { key, value } = map.shape;
  const { name, frame, finish } = lowerBody(low, node, 3, (inner) => {
    if (key !== undefined) bindEntry(inner, node.name, key, 1, "rodata");
    if (value !== undefined && node.second !== undefined)
      bindEntry(inner, node.second, value, 2, "map");
  });
  const callback = builder.emit({ op: "function", name });
  builder.call("for_each_map_elem", map.pointer(), callback, frame, builder.constant(0n));
  finish();
}

/** A key as a value, or a reference to it; a value as a reference. */
function bindEntry(
  inner: Lowerer,
  name: string,
  layout: Layout,
  parameter: number,
  memory: "rodata" | "map",
): void {
  const { builder } = inner;
  const address = builder.emit({ op: "nonnull", value: builder.parameter(parameter) });
  const scalar = scalarType(layout);
  const variable = builder.variable(true);
  if (memory === "rodata" && scalar !== undefined && sizeOfLayout(layout) <= 8) {
    const place = { kind: "place", layout, base: address, offset: 0, shift: 0, memory } as const;
    builder.write(variable, readPlace(inner, place)?.value ?? builder.constant(0n));
    declare(inner, name, { kind: "variable", variable, type: scalar, constant: true });
    return;
  }
  const type: Type = { kind: "reference", layout, memory, boxed: scalar !== undefined };
  builder.write(variable, address);
  declare(inner, name, { kind: "variable", variable, type, constant: true });
}
