import type { Value } from "../ir/ir.ts";
import type { Expression } from "../parse/ast.ts";
import { intType, scalarType, type Type } from "../types/type.ts";
import { describeOperand, toType } from "./convert.ts";
import { hold } from "./hold.ts";
import type { Lowerer } from "./lowerer.ts";
import { argument, referenceType, succeeded } from "./map-parts.ts";
import type { MapRef } from "./map-ref.ts";
import { stackPlace, zero } from "./memory.ts";
import { sizeOfLayout } from "../author/layout.ts";
import { FAILED, type Operand } from "./operand.ts";

type Call = Expression & { readonly kind: "call" };

/** Lowers methods of the rarer maps. */
export function callMoreMap(low: Lowerer, map: MapRef, name: string, node: Call): Operand {
  const { builder } = low;
  const { role, key, value } = map.shape;
  const [first, second] = node.args;
  if (role === "queue" && name !== "push") return takeOut(low, map, name, node);
  if (first === undefined)
    return low.refuse(
      "missing-argument",
      node.span,
      `Cannot call ".${name}()" of map "${map.name}": an argument is missing`,
      "Give all arguments that the editor shows",
    );
  switch (role) {
    case "queue": {
      const place = argument(low, value, first);
      builder.span = node.span;
      // BPF_EXIST makes room by throwing the oldest away.
      const flags = second?.kind === "string" && second.value === "drop" ? 2n : 0n;
      return succeeded(
        low,
        builder.call("map_push_elem", map.pointer(), place(), builder.constant(flags)),
      );
    }
    case "bloom": {
      const place = argument(low, value, first);
      builder.span = node.span;
      const result =
        name === "add"
          ? builder.call("map_push_elem", map.pointer(), place(), builder.constant(0n))
          : builder.call("map_peek_elem", map.pointer(), place());
      return succeeded(low, result);
    }
    case "programs": {
      const index = number(low, first);
      if (index === undefined) return FAILED;
      builder.span = node.span;
      builder.call("tail_call", builder.context(), map.pointer(), index);
      return { kind: "void" };
    }
    case "maps": {
      const place = argument(low, key, first);
      builder.span = node.span;
      const found = builder.call("map_lookup_elem", map.pointer(), place());
      const { inner } = map.shape;
      return inner === undefined
        ? FAILED
        : { kind: "value", type: { kind: "map", shape: inner }, value: found };
    }
    case "redirect": {
      const index = number(low, first);
      const held = index === undefined ? undefined : builder.variable();
      if (held === undefined || index === undefined) return FAILED;
      builder.write(held, index);
      const fallback = second === undefined ? builder.constant(0n) : number(low, second);
      if (fallback === undefined) return FAILED;
      builder.span = node.span;
      const verdict = builder.call("redirect_map", map.pointer(), builder.read(held), fallback);
      return { kind: "value", type: intType(32, false), value: builder.extend(false, 32, verdict) };
    }
    case "cgroups": {
      const index = number(low, first);
      if (index === undefined) return FAILED;
      builder.span = node.span;
      const answer = builder.call("current_task_under_cgroup", map.pointer(), index);
      const one = builder.constant(1n);
      return equals(low, builder.extend(false, 32, answer), one);
    }
    default:
      return callStorage(low, map, name, first, node);
  }
}

function number(low: Lowerer, node: Expression): Value | undefined {
  const type = intType(32, false);
  return toType(low, low.expression(node, type), type, node.span);
}

/** A comparison as a boolean. */
function equals(low: Lowerer, left: Value, right: Value): Operand {
  const { builder } = low;
  const result = builder.variable();
  const yes = builder.block();
  const no = builder.block();
  const done = builder.block();
  builder.branch("==", left, right, yes, no);
  for (const [block, value] of [
    [yes, 1n],
    [no, 0n],
  ] as const) {
    builder.enter(block);
    builder.write(result, builder.constant(value));
    builder.jump(done);
  }
  builder.enter(done);
  return { kind: "value", type: { kind: "bool" }, value: builder.read(result) };
}

/** `queue.pop()` and `queue.peek()`: a copy on the stack, or nothing. */
function takeOut(low: Lowerer, map: MapRef, name: string, node: Call): Operand {
  const { builder } = low;
  const layout = map.shape.value;
  if (layout === undefined) return FAILED;
  const place = stackPlace(low, layout);
  zero(low, place.base, Math.ceil(sizeOfLayout(layout) / 8) * 8);
  builder.span = node.span;
  const helper = name === "pop" ? "map_pop_elem" : "map_peek_elem";
  const answer = builder.call(helper, map.pointer(), place.base);
  const result = builder.variable();
  const there = builder.block();
  const none = builder.block();
  const done = builder.block();
  builder.branch("==", answer, builder.constant(0n), there, none);
  builder.enter(there);
  builder.write(result, builder.emit({ op: "nonnull", value: place.base }));
  builder.jump(done);
  builder.enter(none);
  builder.write(result, builder.constant(0n));
  builder.jump(done);
  builder.enter(done);
  const type: Type = {
    kind: "reference",
    layout,
    memory: "stack",
    boxed: scalarType(layout) !== undefined,
  };
  return { kind: "value", type, value: builder.read(result) };
}

const HELPERS = {
  task: ["task_storage_get", "task_storage_delete"],
  sk: ["sk_storage_get", "sk_storage_delete"],
  inode: ["inode_storage_get", "inode_storage_delete"],
  cgroup: ["cgrp_storage_get", "cgrp_storage_delete"],
} as const;

function callStorage(
  low: Lowerer,
  map: MapRef,
  name: string,
  node: Expression,
  call: Call,
): Operand {
  const { builder } = low;
  const operand = low.expression(node);
  if (operand.kind === "failed") return FAILED;
  const isOwner =
    operand.kind === "value" &&
    ((operand.type.kind === "kernel" && operand.type.access === "direct") ||
      (operand.type.kind === "reference" && operand.type.memory === "socket"));
  const { owner } = map.shape;
  if (!isOwner || owner === undefined)
    return low.refuse(
      "no-owner",
      node.span,
      `Cannot use ${describeOperand(operand)} as the owner of a value: the verifier has to know the pointer`,
      "Give an argument of the hook, currentTask() or the context's sk",
    );
  const held = hold(low, operand);
  const now = held();
  if (now.kind !== "value") return FAILED;
  builder.span = call.span;
  const [get, remove] = HELPERS[owner];
  if (name === "delete") return succeeded(low, builder.call(remove, map.pointer(), now.value));
  // BPF_LOCAL_STORAGE_GET_F_CREATE
  const flags = builder.constant(name === "lookupOrInit" ? 1n : 0n);
  const found = builder.call(get, map.pointer(), now.value, builder.constant(0n), flags);
  return { kind: "value", type: referenceType(map), value: found };
}
