import { sizeOfLayout } from "../author/layout.ts";
import type { Value } from "../ir/ir.ts";
import type { Expression } from "../parse/ast.ts";
import type { Type } from "../types/type.ts";
import { toType } from "./convert.ts";
import type { Lowerer } from "./lowerer.ts";
import type { MapRef } from "./map-ref.ts";
import { FAILED, type Operand } from "./operand.ts";

type Call = Expression & { readonly kind: "call" };

function increment(low: Lowerer, value: Value): void {
  const { builder } = low;
  const held = builder.variable();
  builder.write(held, value);
  const absent = builder.block();
  const there = builder.block();
  builder.branchOnZero(value, absent, there, true);
  builder.enter(there);
  builder.atomicAdd(8, builder.read(held), 0, builder.constant(1n));
  builder.jump(absent);
  builder.enter(absent);
}

/** Counts a key up by one. */
export function hit(low: Lowerer, map: MapRef, key: () => Value): Operand {
  const { builder } = low;
  const initial = builder.slot(8);
  builder.store(8, initial, 0, builder.constant(0n));
  const found = builder.variable();
  builder.write(found, builder.call("map_lookup_elem", map.pointer(), key()));
  const absent = builder.block();
  const done = builder.block();
  builder.branchOnZero(builder.read(found), absent, done, true);
  builder.enter(absent);
  builder.call("map_update_elem", map.pointer(), key(), initial, builder.constant(1n));
  builder.write(found, builder.call("map_lookup_elem", map.pointer(), key()));
  builder.jump(done);
  builder.enter(done);
  increment(low, builder.read(found));
  return { kind: "void" };
}

/** Counts a value in the slot of its highest bit. */
export function record(low: Lowerer, map: MapRef, node: Expression, call: Call): Operand {
  const { builder } = low;
  const type: Type = { kind: "int", bits: 64, signed: false };
  const at = slotOf(low, node, type, call);
  if (at === undefined) return FAILED;
  const key = builder.slot(8);
  builder.store(4, key, 0, at);
  increment(low, builder.call("map_lookup_elem", map.pointer(), key));
  return { kind: "void" };
}

/** The slot of a value: 0 for 0, n + 1 where n is the highest bit. Halvings find it, each a branch. */
function slotOf(low: Lowerer, node: Expression, type: Type, call: Call): Value | undefined {
  const { builder } = low;
  const given = toType(low, low.expression(node, type), type, node.span);
  if (given === undefined) return undefined;
  builder.span = call.span;
  const rest = builder.variable();
  const slot = builder.variable();
  builder.write(rest, given);
  builder.write(slot, builder.constant(0n));
  for (const bits of [32n, 16n, 8n, 4n, 2n, 1n]) {
    const large = builder.block();
    const next = builder.block();
    const limit = builder.constant((1n << bits) - 1n);
    builder.branch(">", builder.read(rest), limit, large, next);
    builder.enter(large);
    builder.write(rest, builder.arithmetic("shr", 64, builder.read(rest), builder.constant(bits)));
    builder.write(slot, builder.arithmetic("add", 64, builder.read(slot), builder.constant(bits)));
    builder.jump(next);
    builder.enter(next);
  }
  // What is left is 0 or 1.
  return builder.arithmetic("add", 64, builder.read(slot), builder.read(rest));
}

const SLOTS = 64;

/** The same for a key: its histogram is made of zeros when the key comes first. */
export function recordKeyed(
  low: Lowerer,
  map: MapRef,
  key: () => Value,
  node: Expression,
  call: Call,
): Operand {
  const { builder } = low;
  const slot = builder.variable();
  const found = builder.variable();
  const at = slotOf(low, node, { kind: "int", bits: 64, signed: false }, call);
  if (at === undefined || map.shape.value === undefined) return FAILED;
  builder.write(slot, at);
  builder.write(found, builder.call("map_lookup_elem", map.pointer(), key()));
  const absent = builder.block();
  const done = builder.block();
  const end = builder.block();
  const there = builder.block();
  builder.branchOnZero(builder.read(found), absent, done, true);
  builder.enter(absent);
  const { section, offset } = low.data.zeros(sizeOfLayout(map.shape.value));
  const zeros = builder.emit({ op: "data", map: section, offset });
  builder.call("map_update_elem", map.pointer(), key(), zeros, builder.constant(1n));
  builder.write(found, builder.call("map_lookup_elem", map.pointer(), key()));
  builder.jump(done);
  builder.enter(done);
  builder.branchOnZero(builder.read(found), end, there, true);
  builder.enter(there);
  // The verifier forgets what it knew of the slot where the ways met; the comparison tells it again.
  const inside = builder.block();
  builder.branch("<=", builder.read(slot), builder.constant(BigInt(SLOTS)), inside, end);
  builder.enter(inside);
  const distance = builder.arithmetic("shl", 64, builder.read(slot), builder.constant(3n));
  const place = builder.arithmetic("add", 64, builder.read(found), distance);
  builder.atomicAdd(8, place, 0, builder.constant(1n));
  builder.jump(end);
  builder.enter(end);
  return { kind: "void" };
}
