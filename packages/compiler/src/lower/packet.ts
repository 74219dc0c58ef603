import type { Span } from "@ocelli/bpf";

import { sizeOfLayout } from "../author/layout.ts";
import type { Expression } from "../parse/ast.ts";
import type { Type } from "../types/type.ts";
import { toTyped } from "./convert.ts";
import type { Lowerer } from "./lowerer.ts";
import { FAILED, type Operand } from "./operand.ts";

/** What the verifier takes as a variable distance in a packet: 15 bits. */
const MOST = 0x7fffn;

/** `context.packet()`: the two ends of the packet, read once. */
export function openPacket(low: Lowerer, span: Span): Operand {
  const { builder, context } = low;
  const packet = context.shape?.packet;
  if (packet === undefined)
    return low.refuse(
      "no-packet",
      span,
      "Cannot read a packet: this program's context has none",
      "Use xdp(), tc() or cgroupSkb()",
    );
  const cursor = builder.variable();
  const end = builder.variable();
  const from = builder.context();
  builder.write(cursor, builder.load(4, from, packet.data));
  builder.write(end, builder.load(4, from, packet.end));
  return { kind: "packet", cursor, end };
}

/** Lowers a method of the packet cursor. */
export function callPacket(
  low: Lowerer,
  packet: Operand & { readonly kind: "packet" },
  name: string,
  node: Expression & { readonly kind: "call" },
): Operand {
  const [argument] = node.args;
  if (name === "read" && argument !== undefined) return read(low, packet, argument, node.span);
  if (name === "skip" && argument !== undefined) return skip(low, packet, argument);
  return low.refuse(
    "no-method",
    node.span,
    `Cannot call ".${name}()" of a packet: it has read and skip`,
    "Write packet.read(schema) or packet.skip(bytes)",
  );
}

/** The check and the access share one pointer: what is behind it was compared with the packet's end. */
function read(
  low: Lowerer,
  { cursor, end }: Operand & { readonly kind: "packet" },
  argument: Expression,
  span: Span,
): Operand {
  const { builder } = low;
  const target = low.expression(argument);
  if (target.kind !== "entity" || target.entity.kind !== "schema") {
    if (target.kind === "failed") return FAILED;
    return low.refuse(
      "no-schema",
      argument.span,
      "Cannot read this from a packet: it is no schema",
      "Name a struct, e.g. ethhdr",
    );
  }
  const { layout } = target.entity.schema;
  builder.span = span;
  const start = builder.read(cursor);
  const behind = builder.arithmetic(
    "add",
    64,
    start,
    builder.constant(BigInt(sizeOfLayout(layout))),
  );
  const short = builder.block();
  const long = builder.block();
  const done = builder.block();
  const result = builder.variable();
  builder.branch(">", behind, builder.read(end), short, long);
  builder.enter(long);
  builder.write(result, builder.emit({ op: "nonnull", value: start }));
  builder.write(cursor, behind);
  builder.jump(done);
  builder.enter(short);
  builder.write(result, builder.constant(0n));
  builder.jump(done);
  builder.enter(done);
  const type: Type = { kind: "reference", layout, memory: "packet", boxed: layout.kind === "int" };
  return { kind: "value", type, value: builder.read(result) };
}

/** A distance that is negative or too long becomes one that lies behind every packet, so that the next read fails. */
function skip(
  low: Lowerer,
  { cursor }: Operand & { readonly kind: "packet" },
  argument: Expression,
): Operand {
  const { builder } = low;
  const given = low.expression(argument);
  const typed = toTyped(low, given, argument.span);
  if (typed === undefined) return FAILED;
  const distance = builder.variable();
  builder.write(distance, typed.value);
  const limit = builder.constant(MOST);
  const far = builder.block();
  const done = builder.block();
  const known = builder.constantOf(typed.value);
  if (known === undefined || known < 0n || known > MOST) {
    builder.branch(">", typed.value, limit, far, done);
    builder.enter(far);
    builder.write(distance, limit);
    builder.jump(done);
    builder.enter(done);
  }
  builder.write(
    cursor,
    builder.arithmetic("add", 64, builder.read(cursor), builder.read(distance)),
  );
  return { kind: "void" };
}
