import type { Value } from "../ir/ir.ts";
import type { Expression } from "../parse/ast.ts";
import type { Lowerer } from "./lowerer.ts";
import { argument, constantKey, lookup, referenceType, succeeded } from "./map-parts.ts";
import { hit, record, recordKeyed } from "./map-counts.ts";
import { callMoreMap } from "./map-more.ts";
import { emitCopied, emitReserved, outputRecord } from "./map-records.ts";
import type { MapRef } from "./map-ref.ts";
import { FAILED, type Operand } from "./operand.ts";

type Call = Expression & { readonly kind: "call" };

const MODES: Readonly<Record<string, bigint>> = { any: 0n, noexist: 1n, exist: 2n };

/** Lowers a method of a map. */
export function callMap(low: Lowerer, map: MapRef, name: string, node: Call): Operand {
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
        return succeeded(low, low.builder.call("map_delete_elem", map.pointer(), at()));
      });
    case "scratch.get":
      return lookup(low, map, constantKey(low, 0n));
    case "ring.emit":
      return withArgument(low, map, name, node, first, (fill) =>
        emitReserved(low, map, fill, node),
      );
    case "perf.emit":
      return withArgument(low, map, name, node, first, (fill) => emitCopied(low, map, fill, node));
    case "ring.output":
    case "perf.output":
      return withArgument(low, map, name, node, first, (record) =>
        outputRecord(low, map, record, node),
      );
    case "log2-hists.record":
      return withArgument(low, map, name, node, second, (value) =>
        first === undefined
          ? FAILED
          : recordKeyed(low, map, argument(low, shape.key, first), value, node),
      );
    case "count.hit":
      return withArgument(low, map, name, node, first, (key) =>
        hit(low, map, argument(low, shape.key, key)),
      );
    case "log2-hist.record":
      return withArgument(low, map, name, node, first, (value) => record(low, map, value, node));
    case "queue.push":
    case "queue.pop":
    case "queue.peek":
    case "bloom.add":
    case "bloom.has":
    case "programs.tailCall":
    case "maps.lookup":
    case "redirect.redirect":
    case "cgroups.holdsCurrent":
    case "storage.lookup":
    case "storage.lookupOrInit":
    case "storage.delete":
      return callMoreMap(low, map, name, node);
    case "stacks.kernel":
    case "stacks.user": {
      const flags = low.builder.constant(name === "user" ? 256n : 0n);
      const id = low.builder.call("get_stackid", low.builder.context(), map.pointer(), flags);
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
  map: MapRef,
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

function lookupOrInit(
  low: Lowerer,
  map: MapRef,
  key: () => Value,
  init: Expression,
  node: Call,
): Operand {
  const { builder } = low;
  const { shape } = map;
  const initial = argument(low, shape.value, init);
  builder.span = node.span;
  const found = builder.variable();
  builder.write(found, builder.call("map_lookup_elem", map.pointer(), key()));
  const absent = builder.block();
  const done = builder.block();
  builder.branchOnZero(builder.read(found), absent, done, true);
  builder.enter(absent);
  // Another CPU may put the key there first: then its value is the one that counts.
  builder.call("map_update_elem", map.pointer(), key(), initial(), builder.constant(1n));
  builder.write(found, builder.call("map_lookup_elem", map.pointer(), key()));
  builder.jump(done);
  builder.enter(done);
  return { kind: "value", type: referenceType(map), value: builder.read(found) };
}

function update(
  low: Lowerer,
  map: MapRef,
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
      map.pointer(),
      keyPlace(),
      valuePlace(),
      builder.constant(flags),
    ),
  );
}
