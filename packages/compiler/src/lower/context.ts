import type { Span } from "@ocelli/bpf";

import type { ContextShape } from "../author/context-shapes.ts";
import { bpf_sock } from "../author/contexts.ts";
import type { Layout } from "../author/layout.ts";
import { intType, type Type } from "../types/type.ts";
import type { Lowerer } from "./lowerer.ts";
import { FAILED, type Operand } from "./operand.ts";
import { REGISTERS } from "./registers.ts";

/** A member of a program's context, at a fixed place. Offset in bytes. */
export type ContextField =
  /** Of a load of that size; what is wider than the type is cut. */
  | {
      readonly kind: "scalar";
      readonly type: Type;
      readonly offset: number;
      readonly size: 1 | 2 | 4 | 8;
    }
  | { readonly kind: "memory"; readonly layout: Layout; readonly offset: number }
  /** 32 bits that say where in the context a text lies: its offset in the lower half, its length in the upper. */
  | { readonly kind: "text"; readonly offset: number };

/** What a program may read of its context. */
export interface ProgramContext {
  readonly fields: ReadonlyMap<string, ContextField>;
  readonly shape?: ContextShape;
  /** The context begins with the processor's registers. */
  readonly registers?: boolean;
  /** The members of an iterator's context. */
  readonly element?: () => ReadonlyMap<string, Operand> | undefined;
}

const ARGUMENTS: ContextField = {
  kind: "memory",
  layout: { kind: "array", element: intType(64, false), length: 12 },
  offset: 0,
};

/** The context of raw tracepoints and of `syscall` programs: numbers. */
export const ARGUMENT_CONTEXT: ProgramContext = { fields: new Map([["args", ARGUMENTS]]) };

const METHODS: ReadonlySet<string> = new Set([
  "packet",
  "arg",
  "result",
  "ip",
  "sp",
  "print",
  "write",
]);

/** Reads a member of the context, always from the context pointer itself. */
export function readContextField(low: Lowerer, name: string, span: Span): Operand {
  const { builder, context } = low;
  const element = context.element?.();
  if (context.element !== undefined && element === undefined) return FAILED;
  const own = element?.get(name);
  if (own !== undefined) return own;
  if (context.shape !== undefined) {
    const found = shapeMember(low, context.shape, name);
    if (found !== undefined) return found;
  }
  const field = context.fields.get(name);
  if (field === undefined && METHODS.has(name))
    return { kind: "method", object: { kind: "context" }, name };
  if (field === undefined) {
    const known = [
      ...(element?.keys() ?? []),
      ...shapeNames(context.shape),
      ...context.fields.keys(),
    ];
    return low.refuse(
      "no-context-member",
      span,
      `Cannot read ".${name}" of the context: it has ${known.length === 0 ? "no members" : known.join(", ")}`,
      "Name one of these",
    );
  }
  switch (field.kind) {
    case "memory":
      return contextPlace(low, field.layout, field.offset, low.kind !== "syscall");
    case "text": {
      const place = builder.load(4, builder.context(), field.offset);
      const distance = builder.arithmetic("and", 64, place, builder.constant(0xffffn));
      const value = builder.arithmetic("add", 64, builder.context(), distance);
      return { kind: "value", type: { kind: "address", space: "kernel" }, value };
    }
    default: {
      const loaded = builder.load(field.size, builder.context(), field.offset);
      return {
        kind: "value",
        type: field.type,
        value: cutLoaded(low, field.type, field.size, loaded),
      };
    }
  }
}

function contextPlace(low: Lowerer, layout: Layout, offset: number, frozen: boolean): Operand {
  const base = low.builder.context();
  return { kind: "place", layout, base, offset, shift: 0, memory: "context", frozen };
}

function shapeNames(shape: ContextShape | undefined): readonly string[] {
  return shape?.readable ?? shape?.layout.fields.map(({ name }) => name) ?? [];
}

function shapeMember(low: Lowerer, shape: ContextShape, name: string): Operand | undefined {
  const field = shape.layout.fields.find((one) => one.name === name);
  if (field === undefined || !shapeNames(shape).includes(name)) return undefined;
  const { builder } = low;
  if (name === "sk") {
    const type: Type = {
      kind: "reference",
      layout: bpf_sock.layout,
      memory: "socket",
      boxed: false,
    };
    return { kind: "value", type, value: builder.load(8, builder.context(), field.offset) };
  }
  const place = contextPlace(low, field.layout, field.offset, !shape.writable.includes(name));
  return place.kind === "place" && shape.whole.includes(name) ? { ...place, width: 4 } : place;
}

/** What a load of `size` bytes gave, cut and extended as the type wants. */
export function cutLoaded(low: Lowerer, type: Type, size: number, value: number): number {
  const bits =
    type.kind === "int" || type.kind === "be" ? type.bits : type.kind === "bool" ? 8 : 64;
  if (bits === 64) return value;
  const signed = type.kind === "int" && type.signed;
  return bits / 8 < size || signed ? low.builder.extend(signed, bits, value) : value;
}

/** Lowers `context.arg(n)`, `result()`, `ip()` and `sp()`: registers where a probe stopped the processor. */
export function readRegister(
  low: Lowerer,
  name: string,
  index: Operand | undefined,
  span: Span,
): Operand {
  const { builder, context } = low;
  if (context.registers !== true)
    return low.refuse(
      "no-registers",
      span,
      `Cannot call ".${name}()" of the context: this program's context has no registers`,
      "Use kprobe(), uprobe(), profile() or perfEvent()",
    );
  const map = REGISTERS[low.arch];
  const number = index?.kind === "literal" ? Number(index.value) : -1;
  const offset =
    name === "arg"
      ? map.args[number]
      : name === "result"
        ? map.result
        : name === "ip"
          ? map.ip
          : map.sp;
  if (offset === undefined)
    return low.refuse(
      "argument-number",
      span,
      "Cannot read this argument: it is in no register",
      `Write a number from 0 to ${map.args.length - 1}`,
    );
  const value = builder.load(8, builder.context(), offset);
  return { kind: "value", type: intType(64, false), value };
}
