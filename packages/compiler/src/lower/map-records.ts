import { sizeOfLayout } from "../author/layout.ts";
import type { Value } from "../ir/ir.ts";
import type { Expression } from "../parse/ast.ts";
import { intType, scalarType, type Type } from "../types/type.ts";
import { capped } from "./capped.ts";
import { toType } from "./convert.ts";
import { hold } from "./hold.ts";
import type { Lowerer } from "./lowerer.ts";
import { argument, constantKey, succeeded } from "./map-parts.ts";
import type { MapRef } from "./map-ref.ts";
import { followReference } from "./members.ts";
import { addressOf, stackPlace, zero } from "./memory.ts";
import { FAILED, type Operand } from "./operand.ts";

type Call = Expression & { readonly kind: "call" };

function noFunction(low: Lowerer, node: Call): Operand {
  return low.refuse(
    "no-function",
    node.span,
    "Cannot emit a record without a function that fills it",
    "Write ring.emit((record) => { … })",
  );
}

/** Lets the function fill the record; goes to `keep` or, where it returns false, to `drop`. Neither is entered. */
function fillRecord(
  low: Lowerer,
  fill: Expression & { readonly kind: "function" },
  record: { readonly type: Type; readonly value: Value },
  node: Call,
  keep: ReturnType<Lowerer["builder"]["block"]>,
  drop: ReturnType<Lowerer["builder"]["block"]>,
): void {
  const { builder } = low;
  const result = low.inline(fill, [{ kind: "value", ...record }], node.span, "emit");
  builder.span = node.span;
  if (result.kind !== "value" || result.type.kind !== "bool") {
    builder.jump(keep);
    return;
  }
  builder.branchOnZero(result.value, drop, keep, false);
}

/** `ring.emit(fill)`: a record in the ring itself, handed over or thrown away on every way. */
export function emitReserved(low: Lowerer, map: MapRef, fill: Expression, node: Call): Operand {
  const { builder } = low;
  const layout = map.shape.value;
  if (layout === undefined || fill.kind !== "function") return noFunction(low, node);
  const size = sizeOfLayout(layout);
  const reserved = builder.call(
    "ringbuf_reserve",
    map.pointer(),
    builder.constant(BigInt(size)),
    builder.constant(0n),
  );
  const record = builder.variable();
  const result = builder.variable();
  builder.write(record, reserved);
  const full = builder.block();
  const there = builder.block();
  const keep = builder.block();
  const drop = builder.block();
  const done = builder.block();
  builder.branchOnZero(reserved, full, there, true);
  builder.enter(there);
  zeroRecord(low, builder.read(record), size);
  // A loop may lie in between: what was checked before it is still there.
  builder.write(record, builder.emit({ op: "nonnull", value: builder.read(record) }));
  const type: Type = { kind: "reference", layout, memory: "ring", boxed: false };
  fillRecord(low, fill, { type, value: builder.read(record) }, node, keep, drop);
  builder.enter(keep);
  builder.call("ringbuf_submit", builder.read(record), builder.constant(0n));
  builder.write(result, builder.constant(1n));
  builder.jump(done);
  builder.enter(drop);
  builder.call("ringbuf_discard", builder.read(record), builder.constant(0n));
  builder.write(result, builder.constant(1n));
  builder.jump(done);
  builder.enter(full);
  builder.write(result, builder.constant(0n));
  builder.jump(done);
  builder.enter(done);
  return { kind: "value", type: { kind: "bool" }, value: builder.read(result) };
}

/** Records up to this size are made on the stack, larger ones in a value per CPU. */
const ON_STACK = 128;

/** `events.emit(fill)`: a record elsewhere, which the helper copies. */
export function emitCopied(low: Lowerer, map: MapRef, fill: Expression, node: Call): Operand {
  const { builder } = low;
  const layout = map.shape.value;
  if (layout === undefined || fill.kind !== "function") return noFunction(low, node);
  const size = sizeOfLayout(layout);
  const record = builder.variable();
  const result = builder.variable();
  const none = builder.block();
  const there = builder.block();
  const keep = builder.block();
  const done = builder.block();
  builder.write(result, builder.constant(0n));
  const isSmall = size <= ON_STACK;
  if (isSmall) {
    builder.write(record, stackPlace(low, layout).base);
    builder.jump(there);
  } else {
    const place = low.data.scratch(layout);
    const key = constantKey(low, 0n)();
    builder.write(record, builder.call("map_lookup_elem", builder.map(place), key));
    builder.branchOnZero(builder.read(record), none, there, true);
  }
  builder.enter(there);
  zeroRecord(low, builder.read(record), size);
  const type: Type = {
    kind: "reference",
    layout,
    memory: isSmall ? "stack" : "map",
    boxed: false,
  };
  fillRecord(low, fill, { type, value: builder.read(record) }, node, keep, done);
  builder.enter(keep);
  const written = writeEvent(low, map, builder.read(record), builder.constant(BigInt(size)));
  const bool = succeeded(low, written);
  builder.write(result, bool.kind === "value" ? bool.value : written);
  builder.jump(done);
  builder.enter(none);
  builder.jump(done);
  builder.enter(done);
  return { kind: "value", type: { kind: "bool" }, value: builder.read(result) };
}

/** `BPF_F_CURRENT_CPU`. */
const CURRENT_CPU = 0xffff_ffffn;

function writeEvent(low: Lowerer, map: MapRef, record: Value, size: Value): Value {
  const { builder } = low;
  return map.shape.role === "ring"
    ? builder.call("ringbuf_output", map.pointer(), record, size, builder.constant(0n))
    : builder.call(
        "perf_event_output",
        builder.context(),
        map.pointer(),
        builder.constant(CURRENT_CPU),
        record,
        size,
      );
}

/** `ring.output(record, bytes)`: copies a record that lies elsewhere, or its front. */
export function outputRecord(low: Lowerer, map: MapRef, record: Expression, node: Call): Operand {
  const layout = map.shape.value;
  if (layout === undefined) return FAILED;
  const [, bytes] = node.args;
  if (bytes !== undefined) return outputFront(low, map, record, bytes, node);
  const place = argument(low, layout, record);
  low.builder.span = node.span;
  const size = low.builder.constant(BigInt(sizeOfLayout(layout)));
  return succeeded(low, writeEvent(low, map, place(), size));
}

function outputFront(
  low: Lowerer,
  map: MapRef,
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
  const type = intType(32, false);
  const size = toType(low, low.expression(bytes, type), type, bytes.span);
  if (size === undefined) return FAILED;
  builder.span = node.span;
  const length = capped(low, size, BigInt(sizeOfLayout(place.layout)));
  const now = held();
  return now.kind === "place" ? succeeded(low, writeEvent(low, map, now.base, length)) : FAILED;
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
