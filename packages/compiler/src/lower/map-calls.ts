import { alignOfLayout, sizeOfLayout, type Layout } from "../author/layout.ts";
import type { Value } from "../ir/ir.ts";
import type { Expression } from "../parse/ast.ts";
import type { Entity } from "../types/evaluate.ts";
import { scalarType, type Type } from "../types/type.ts";
import { toType } from "./convert.ts";
import { fillPlace } from "./expressions.ts";
import type { Lowerer } from "./lowerer.ts";
import { hold } from "./hold.ts";
import { followReference } from "./members.ts";
import { addressOf, stackPlace, zero } from "./memory.ts";
import { capped } from "./capped.ts";
import { FAILED, type Operand } from "./operand.ts";

type Call = Expression & { readonly kind: "call" };
type MapEntity = Entity & { readonly kind: "map" };

const MODES: Readonly<Record<string, bigint>> = { any: 0n, noexist: 1n, exist: 2n };

/** Lowers a method of a map. */
export function callMap(low: Lowerer, map: MapEntity, name: string, node: Call): Operand {
  const { shape } = map;
  const [first, second, third] = node.args;
  const known = `${shape.role}.${name}`;
  switch (known) {
    case "hash.lookup":
    case "array.lookup":
      return withArgument(low, map, name, node, first, (key) =>
        lookup(low, map, argument(low, shape.key, key)),
      );
    case "hash.lookupOrInit":
      return withArgument(low, map, name, node, second, (init) =>
        first === undefined
          ? FAILED
          : lookupOrInit(low, map, argument(low, shape.key, first), init, node),
      );
    case "hash.set":
    case "array.set":
      return withArgument(low, map, name, node, second, (value) =>
        first === undefined ? FAILED : update(low, map, first, value, third, node),
      );
    case "hash.delete":
      return withArgument(low, map, name, node, first, (key) => {
        const at = argument(low, shape.key, key);
        low.builder.span = node.span;
        return succeeded(low, low.builder.call("map_delete_elem", low.builder.map(map.name), at()));
      });
    case "scratch.get":
      return lookup(low, map, constantKey(low, 0n));
    case "ring.emit":
      return withArgument(low, map, name, node, first, (fill) => emit(low, map, fill, node));
    case "ring.output":
      return withArgument(low, map, name, node, second, (bytes) =>
        first === undefined ? FAILED : output(low, map, first, bytes, node),
      );
    case "count.hit":
      return withArgument(low, map, name, node, first, (key) =>
        hit(low, map, argument(low, shape.key, key)),
      );
    case "log2-hist.record":
      return withArgument(low, map, name, node, first, (value) => record(low, map, value, node));
    case "stacks.kernel":
    case "stacks.user": {
      const flags = low.builder.constant(name === "user" ? 256n : 0n);
      const id = low.builder.call(
        "get_stackid",
        low.builder.context(),
        low.builder.map(map.name),
        flags,
      );
      return {
        kind: "value",
        type: { kind: "int", bits: 32, signed: true },
        value: low.builder.extend(true, 32, id),
      };
    }
    default:
      return low.refuse(
        "no-method",
        node.span,
        `Cannot call ".${name}()" of map "${map.name}": there is no such method`,
        "Look at what the editor offers behind the dot",
      );
  }
}

function withArgument(
  low: Lowerer,
  map: MapEntity,
  name: string,
  node: Call,
  argument: Expression | undefined,
  use: (argument: Expression) => Operand,
): Operand {
  if (argument !== undefined) return use(argument);
  return low.refuse(
    "missing-argument",
    node.span,
    `Cannot call ".${name}()" of map "${map.name}": an argument is missing`,
    "Give all arguments that the editor shows",
  );
}

/** A key or value in memory, as a helper takes it. The address is made when it is asked for. */
function argument(low: Lowerer, layout: Layout | undefined, node: Expression): () => Value {
  if (layout === undefined) return () => low.builder.constant(0n);
  const place = stackPlace(low, layout);
  // Every byte of a key counts, padding included.
  if (scalarType(layout) === undefined) {
    const plain = node.kind !== "object" && node.kind !== "array" && node.kind !== "call";
    const operand = plain ? low.expression(node) : undefined;
    if (
      operand?.kind === "value" &&
      operand.type.kind === "reference" &&
      low.builder.isNonNull(operand.value)
    )
      return () => operand.value;
    zero(low, place.base, Math.ceil(sizeOfLayout(layout) / 8) * 8);
  }
  fillPlace(low, () => place, node, node.span);
  return () => place.base;
}

function constantKey(low: Lowerer, value: bigint): () => Value {
  const base = low.builder.slot(8);
  low.builder.store(4, base, 0, low.builder.constant(value));
  return () => base;
}

function referenceType({ shape }: MapEntity): Type {
  const layout = shape.value ?? { kind: "int", bits: 64, signed: false };
  return { kind: "reference", layout, memory: "map", boxed: scalarType(layout) !== undefined };
}

function lookup(low: Lowerer, map: MapEntity, key: () => Value): Operand {
  const { builder } = low;
  const value = builder.call("map_lookup_elem", builder.map(map.name), key());
  return { kind: "value", type: referenceType(map), value };
}

function lookupOrInit(
  low: Lowerer,
  map: MapEntity,
  key: () => Value,
  init: Expression,
  node: Call,
): Operand {
  const { builder } = low;
  const { shape } = map;
  const initial = argument(low, shape.value, init);
  builder.span = node.span;
  const found = builder.variable();
  builder.write(found, builder.call("map_lookup_elem", builder.map(map.name), key()));
  const absent = builder.block();
  const done = builder.block();
  builder.branchOnZero(builder.read(found), absent, done, true);
  builder.enter(absent);
  // Another CPU may put the key there first: then its value is the one that counts.
  builder.call("map_update_elem", builder.map(map.name), key(), initial(), builder.constant(1n));
  builder.write(found, builder.call("map_lookup_elem", builder.map(map.name), key()));
  builder.jump(done);
  builder.enter(done);
  return { kind: "value", type: referenceType(map), value: builder.read(found) };
}

function update(
  low: Lowerer,
  map: MapEntity,
  key: Expression,
  value: Expression,
  mode: Expression | undefined,
  node: Call,
): Operand {
  const { builder } = low;
  const { shape } = map;
  const name = mode === undefined ? "any" : mode.kind === "string" ? mode.value : "";
  const flags = MODES[name];
  if (flags === undefined)
    return low.refuse(
      "update-mode",
      mode?.span ?? node.span,
      "Cannot set the value in this mode: it is none of any, noexist, exist",
      'Write "any", "noexist" or "exist"',
    );
  const keyPlace = argument(low, shape.key, key);
  const valuePlace = argument(low, shape.value, value);
  builder.span = node.span;
  return succeeded(
    low,
    builder.call(
      "map_update_elem",
      builder.map(map.name),
      keyPlace(),
      valuePlace(),
      builder.constant(flags),
    ),
  );
}

/** A helper's result, 0 for success, as a boolean; nothing of it stays where nobody asks. */
function succeeded(low: Lowerer, result: Value): Operand {
  const { builder } = low;
  // 0 becomes 1, and a negative error 0: the highest bit of (result - 1), unless the result is negative already.
  const flipped = builder.arithmetic(
    "xor",
    64,
    builder.arithmetic("shr", 64, result, builder.constant(63n)),
    builder.constant(1n),
  );
  return { kind: "value", type: { kind: "bool" }, value: flipped };
}

function emit(low: Lowerer, map: MapEntity, fill: Expression, node: Call): Operand {
  const { builder } = low;
  const layout = map.shape.value;
  if (layout === undefined || fill.kind !== "function")
    return low.refuse(
      "no-function",
      node.span,
      "Cannot emit a record without a function that fills it",
      "Write ring.emit((record) => { … })",
    );
  const size = sizeOfLayout(layout);
  const reserved = builder.call(
    "ringbuf_reserve",
    builder.map(map.name),
    builder.constant(BigInt(size)),
    builder.constant(0n),
  );
  const record = builder.variable();
  const result = builder.variable();
  builder.write(record, reserved);
  const full = builder.block();
  const there = builder.block();
  const done = builder.block();
  builder.branchOnZero(reserved, full, there, true);
  builder.enter(there);
  zeroRecord(low, builder.read(record), size);
  const type: Type = { kind: "reference", layout, memory: "ring", boxed: false };
  low.inline(fill, [{ kind: "value", type, value: builder.read(record) }], node.span, "emit");
  builder.span = node.span;
  builder.call("ringbuf_submit", builder.read(record), builder.constant(0n));
  builder.write(result, builder.constant(1n));
  builder.jump(done);
  builder.enter(full);
  builder.write(result, builder.constant(0n));
  builder.jump(done);
  builder.enter(done);
  return { kind: "value", type: { kind: "bool" }, value: builder.read(result) };
}

/** Copies the front of a record into the ring. */
function output(
  low: Lowerer,
  map: MapEntity,
  record: Expression,
  bytes: Expression,
  node: Call,
): Operand {
  const { builder } = low;
  const operand = low.expression(record);
  const place =
    operand.kind === "value" && operand.type.kind === "reference"
      ? followReference(low, operand.type, operand.value, record.span)
      : operand;
  if (place === undefined || place.kind === "failed") return FAILED;
  if (place.kind !== "place" || scalarType(place.layout) !== undefined)
    return low.refuse(
      "no-record",
      record.span,
      "Cannot write this into a ring: it is no record in memory",
      "Give what scratch.get() or lookup() returned, after checking it",
    );
  const held = hold(low, { ...place, base: addressOf(low, place), offset: 0 });
  const type: Type = { kind: "int", bits: 32, signed: false };
  const size = toType(low, low.expression(bytes, type), type, bytes.span);
  if (size === undefined) return FAILED;
  builder.span = node.span;
  const length = capped(low, size, BigInt(sizeOfLayout(place.layout)));
  const now = held();
  if (now.kind !== "place") return FAILED;
  const result = builder.call(
    "ringbuf_output",
    builder.map(map.name),
    now.base,
    length,
    builder.constant(0n),
  );
  return succeeded(low, result);
}

const UNROLLED = 64;

/** Zeroes a record: by single stores where it is small, else in a loop. */
function zeroRecord(low: Lowerer, base: Value, size: number): void {
  if (size <= UNROLLED * 8) {
    zero(low, base, size);
    return;
  }
  const { builder } = low;
  // Longer records are cleared in a loop of eight bytes a round.
  const index = builder.variable();
  builder.write(index, builder.constant(0n));
  const head = builder.block();
  const body = builder.block();
  const done = builder.block();
  builder.jump(head);
  builder.current = head;
  builder.branch(
    "<",
    builder.read(index),
    builder.constant(BigInt(Math.floor(size / 8) * 8)),
    body,
    done,
  );
  builder.enter(body);
  builder.store(
    8,
    builder.arithmetic("add", 64, base, builder.read(index)),
    0,
    builder.constant(0n),
  );
  builder.write(index, builder.arithmetic("add", 64, builder.read(index), builder.constant(8n)));
  builder.jump(head);
  builder.seal(head);
  builder.enter(done);
  for (let offset = Math.floor(size / 8) * 8; offset < size; offset += 1)
    builder.store(1, base, offset, builder.constant(0n));
}

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

function hit(low: Lowerer, map: MapEntity, key: () => Value): Operand {
  const { builder } = low;
  const initial = builder.slot(8);
  builder.store(8, initial, 0, builder.constant(0n));
  const found = builder.variable();
  builder.write(found, builder.call("map_lookup_elem", builder.map(map.name), key()));
  const absent = builder.block();
  const done = builder.block();
  builder.branchOnZero(builder.read(found), absent, done, true);
  builder.enter(absent);
  builder.call("map_update_elem", builder.map(map.name), key(), initial, builder.constant(1n));
  builder.write(found, builder.call("map_lookup_elem", builder.map(map.name), key()));
  builder.jump(done);
  builder.enter(done);
  increment(low, builder.read(found));
  return { kind: "void" };
}

/** Counts a value in the slot of its highest bit: five halvings, each a branch. */
function record(low: Lowerer, map: MapEntity, node: Expression, call: Call): Operand {
  const { builder } = low;
  const type: Type = { kind: "int", bits: 64, signed: false };
  const given = toType(low, low.expression(node, type), type, node.span);
  if (given === undefined) return FAILED;
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
  // What is left is 0 or 1: slot 0 counts zeros, and the highest bit n goes to slot n + 1.
  const key = builder.slot(8);
  builder.store(4, key, 0, builder.arithmetic("add", 64, builder.read(slot), builder.read(rest)));
  increment(low, builder.call("map_lookup_elem", builder.map(map.name), key));
  return { kind: "void" };
}

/** Where an aggregate that a helper writes lies, and how many bytes it has. */
export function buffer(
  low: Lowerer,
  operand: Operand,
): { readonly address: Value; readonly size: number } | undefined {
  if (operand.kind !== "place" || alignOfLayout(operand.layout) !== 1) return undefined;
  return { address: addressOf(low, operand), size: sizeOfLayout(operand.layout) };
}
