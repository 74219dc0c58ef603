import type { Expression } from "../parse/ast.ts";
import { intType } from "../types/type.ts";
import { capped } from "./capped.ts";
import { toType, toTyped } from "./convert.ts";
import { hold } from "./hold.ts";
import type { Lowerer } from "./lowerer.ts";
import { buffer } from "./map-parts.ts";
import { extendLoaded, widthOf } from "./memory.ts";
import { FAILED, type Operand } from "./operand.ts";

type Call = Expression & { readonly kind: "call" };

const u32 = intType(32, false);
const u64 = intType(64, false);

/** Lowers `userPtr(address)`: the same number, as an address. */
export function userPtr(low: Lowerer, node: Call): Operand {
  const [argument] = node.args;
  if (argument === undefined) return incomplete(low, "userPtr", node);
  const value = toType(low, low.expression(argument, u64), u64, argument.span);
  if (value === undefined) return FAILED;
  return { kind: "value", type: { kind: "address", space: "user" }, value };
}

/** Lowers `slice(buffer, offset, length)`: a place whose distance is held inside by a branch. */
export function sliceBuffer(low: Lowerer, node: Call): Operand {
  const [whole, offset, length] = node.args;
  if (whole === undefined || offset === undefined || length === undefined)
    return incomplete(low, "slice", node);
  const held = hold(low, low.expression(whole));
  const at = toType(low, low.expression(offset, u32), u32, offset.span);
  const bytes = low.expression(length, u32);
  const place = held();
  if (at === undefined) return FAILED;
  if (bytes.kind !== "literal" || bytes.value < 1n)
    return low.refuse(
      "constant-length",
      length.span,
      "Cannot take a slice of this length: it must be a constant of 1 or more",
      "Write a number",
    );
  const size = Number(bytes.value);
  if (place.kind !== "place" || place.layout.kind !== "char" || place.layout.length < size)
    return low.refuse(
      "no-buffer",
      whole.span,
      `Cannot take a slice of ${size} bytes here: this is no buffer that long`,
      "Name a member of type char(n)",
    );
  const { builder } = low;
  builder.span = node.span;
  const distance = capped(low, at, BigInt(place.layout.length - size));
  const now = held();
  if (now.kind !== "place") return FAILED;
  const base = builder.arithmetic("add", 64, now.base, distance);
  return { ...now, layout: { kind: "char", length: size }, base };
}

/** Lowers `readUser(into, from, size)`. */
export function readUser(low: Lowerer, node: Call): Operand {
  const [into, from, size] = node.args;
  if (into === undefined || from === undefined) return incomplete(low, "readUser", node);
  const heldTarget = hold(low, low.expression(into));
  const heldFrom = hold(low, low.expression(from));
  const wanted =
    size === undefined ? undefined : toType(low, low.expression(size, u32), u32, size.span);
  const length = wanted === undefined ? undefined : low.builder.variable();
  if (length !== undefined && wanted !== undefined) low.builder.write(length, wanted);
  const address = toTyped(low, heldFrom(), from.span);
  const place = heldTarget();
  const target = buffer(low, place);
  if (address === undefined || place.kind === "failed") return FAILED;
  if (target === undefined)
    return low.refuse(
      "no-buffer",
      into.span,
      "Cannot copy bytes here: this is no buffer",
      "Name a member of type char(n)",
    );
  if (address.type.kind !== "address" || address.type.space !== "user")
    return low.refuse(
      "no-pointer",
      from.span,
      "Cannot copy bytes from here: this is no address in user space",
      "Write userPtr(address)",
    );
  const { builder } = low;
  builder.span = node.span;
  const all = BigInt(target.size);
  const bytes =
    length === undefined ? builder.constant(all) : capped(low, builder.read(length), all);
  const again = buffer(low, heldTarget()) ?? target;
  const source = toTyped(low, heldFrom(), from.span) ?? address;
  const result = builder.call("probe_read_user", again.address, bytes, source.value);
  return {
    kind: "value",
    type: intType(32, true),
    value: builder.extend(true, 32, result),
  };
}

/** Lowers `readUserAs(schema, from)`: through eight bytes of stack, which are 0 before. */
export function readUserAs(low: Lowerer, node: Call): Operand {
  const [what, from] = node.args;
  if (what === undefined || from === undefined) return incomplete(low, "readUserAs", node);
  const schema = low.expression(what);
  const address = toTyped(low, low.expression(from), from.span);
  if (address === undefined || schema.kind === "failed") return FAILED;
  if (
    schema.kind !== "entity" ||
    schema.entity.kind !== "schema" ||
    schema.entity.schema.layout.kind !== "int"
  )
    return low.refuse(
      "no-number",
      what.span,
      "Cannot read this from user space: it is no integer's schema",
      "Name u8 to u64 or i8 to i64, or copy bytes with readUser()",
    );
  if (address.type.kind !== "address" || address.type.space !== "user")
    return low.refuse(
      "no-pointer",
      from.span,
      "Cannot copy bytes from here: this is no address in user space",
      "Write userPtr(address)",
    );
  const { layout } = schema.entity.schema;
  const { builder } = low;
  builder.span = node.span;
  const slot = builder.slot(8);
  builder.store(8, slot, 0, builder.constant(0n));
  builder.call("probe_read_user", slot, builder.constant(BigInt(layout.bits / 8)), address.value);
  const loaded = builder.load(widthOf(layout.bits), slot, 0);
  return { kind: "value", type: layout, value: extendLoaded(low, layout, loaded) };
}

function incomplete(low: Lowerer, name: string, node: Call): Operand {
  return low.refuse(
    "missing-argument",
    node.span,
    `Cannot call ${name}(): an argument is missing`,
    "Give all arguments that the editor shows",
  );
}
