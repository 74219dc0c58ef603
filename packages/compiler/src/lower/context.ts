import type { Span } from "@ocelli/bpf";

import { hookSignature, kernelType } from "../types/kernel.ts";
import { intType, type Type } from "../types/type.ts";
import type { Lowerer } from "./lowerer.ts";
import { widthOf } from "./memory.ts";
import { FAILED, type Operand } from "./operand.ts";

/** A member of a program's context, at a fixed place. Offset in bytes. */
export interface ContextField {
  readonly type: Type;
  readonly offset: number;
  /** Of the load; what is wider than the type is cut. */
  readonly size: 1 | 2 | 4 | 8;
}

/** What a program may read of its context. */
export interface ProgramContext {
  readonly fields: ReadonlyMap<string, ContextField>;
  /** Offsets of the packet's two ends. */
  readonly packet?: { readonly data: number; readonly end: number };
}

const u32 = intType(32, false);
const word = (offset: number): ContextField => ({ type: u32, offset, size: 4 });

// include/uapi/linux/bpf.h
const XDP_MD: ProgramContext = {
  fields: new Map([
    ["ingress_ifindex", word(12)],
    ["rx_queue_index", word(16)],
  ]),
  packet: { data: 0, end: 4 },
};
const SK_BUFF: ProgramContext = {
  fields: new Map([
    ["len", word(0)],
    ["mark", word(8)],
    ["protocol", word(16)],
    ["ifindex", word(40)],
  ]),
  packet: { data: 76, end: 80 },
};
const SOCKET: ProgramContext = { fields: new Map([["len", word(0)]]) };
const ARGUMENTS: ProgramContext = {
  fields: new Map(
    Array.from({ length: 12 }, (_, index) => [
      `args[${index}]`,
      { type: intType(64, false), offset: index * 8, size: 8 } as const,
    ]),
  ),
};
const NONE: ProgramContext = { fields: new Map() };

/** The contexts that are the same on every kernel. */
export const FIXED_CONTEXTS: Readonly<
  Record<"xdp" | "tc" | "socket-filter" | "raw-tracepoint" | "syscall" | "profile", ProgramContext>
> = {
  xdp: XDP_MD,
  tc: SK_BUFF,
  "socket-filter": SOCKET,
  "raw-tracepoint": ARGUMENTS,
  syscall: ARGUMENTS,
  profile: NONE,
};

/** Reads a member of the context, always from the context pointer itself. */
export function readContextField(low: Lowerer, name: string, span: Span): Operand {
  const { builder, context } = low;
  if (name === "packet" || name === "args")
    return { kind: "method", object: { kind: "context" }, name };
  const field = context.fields.get(name);
  if (field === undefined) {
    const known = [...context.fields.keys()].join(", ");
    return low.refuse(
      "no-context-member",
      span,
      `Cannot read ".${name}" of the context: it has ${known === "" ? "no members" : known}`,
      "Name one of these",
    );
  }
  const loaded = builder.load(field.size, builder.emit({ op: "context" }), field.offset);
  return { kind: "value", type: field.type, value: cut(low, field, loaded) };
}

function cut(low: Lowerer, { type, size }: ContextField, value: number): number {
  const bits =
    type.kind === "int"
      ? type.bits
      : type.kind === "bool"
        ? 8
        : type.kind === "be"
          ? type.bits
          : 64;
  if (bits === 64) return value;
  const signed = type.kind === "int" && type.signed;
  return bits / 8 < size || signed ? low.builder.extend(signed, bits, value) : value;
}

/** The arguments of a BTF hook: eight bytes each, in the order of the prototype. */
export function hookArguments(
  low: Lowerer,
  kind: "tp-btf" | "function",
  name: string,
  withResult: boolean,
  span: Span,
): readonly Operand[] | undefined {
  const { kernel, builder } = low;
  const what = kind === "tp-btf" ? "tracepoint" : "function";
  if (kernel === undefined) {
    low.refuse(
      "no-kernel-types",
      span,
      `Cannot type the arguments of ${what} "${name}": no kernel BTF was given`,
      "Compile where /sys/kernel/btf/vmlinux is, or name a BTF file",
    );
    return undefined;
  }
  const signature = hookSignature(kernel, kind, name);
  if (signature === undefined) {
    low.refuse(
      "no-hook",
      span,
      `Cannot find ${what} "${name}": the kernel's BTF types have none of that name`,
      "Look at /sys/kernel/tracing/available_events, or check the spelling",
    );
    return undefined;
  }
  const ids = [
    ...signature.parameters.map(({ typeId }) => typeId),
    ...(withResult ? [signature.returns] : []),
  ];
  return ids.map((id, index) => {
    const type = kernelType(kernel, id);
    if (type.kind !== "scalar" && type.kind !== "pointer") return FAILED;
    const own: Type =
      type.kind === "scalar"
        ? type.type
        : { kind: "kernel", struct: type.struct, typeId: type.typeId };
    const value = builder.load(widthOf(64), builder.emit({ op: "context" }), index * 8);
    return { kind: "value", type: own, value: cut(low, { type: own, size: 8, offset: 0 }, value) };
  });
}
