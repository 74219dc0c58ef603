import type { Bits, Layout } from "../author/layout.ts";
import type { MapShape } from "../author/map-shape.ts";

/** What an expression is, as the compiler infers it from schemas, BTF and contexts. */
export type Type =
  | IntType
  | { readonly kind: "bool" }
  /** Network byte order: opaque until it is turned round. */
  | { readonly kind: "be"; readonly bits: 16 | 32 | 64 }
  /** A 64-bit address that is not followed directly. */
  | { readonly kind: "address"; readonly space: "user" | "kernel" }
  /** A value in memory; a reference may be `undefined` until it is checked. */
  | {
      readonly kind: "reference";
      readonly layout: Layout;
      readonly memory: Memory;
      /** The language speaks of `value.value`: a scalar in a map. */
      readonly boxed: boolean;
    }
  /** A pointer to a struct of the kernel. */
  | KernelPointer
  /** A map that was found in a map of maps. */
  | { readonly kind: "map"; readonly shape: MapShape }
  | { readonly kind: "void" };

/** Whether a value of a type may be `undefined`, which is an address of 0. */
export function isPointer({ kind }: Type): boolean {
  return kind === "reference" || kind === "kernel" || kind === "map";
}

/** A pointer to a struct of the kernel. */
export interface KernelPointer {
  readonly kind: "kernel";
  readonly struct: string;
  readonly typeId: number;
  /** Plain loads follow the one that the verifier knows the type of; others are read by a helper. */
  readonly access: "direct" | "probe";
  /** It may be `undefined`, and the verifier wants to see the check. */
  readonly nullable?: boolean;
}

/** An integer's type. */
export interface IntType {
  readonly kind: "int";
  readonly bits: Bits;
  readonly signed: boolean;
}

/** Where a reference leads: only some places may be written. */
export type Memory = "map" | "ring" | "packet" | "stack" | "context" | "socket" | "rodata";

/** The type of an int of some width. */
export function intType(bits: Bits, signed: boolean): IntType {
  return { kind: "int", bits, signed };
}

/** `u8` to `i64`, as the sources call it. */
export function intName({ bits, signed }: IntType): string {
  return `${signed ? "i" : "u"}${bits}`;
}

/** A type as diagnostics name it. */
export function typeName(type: Type): string {
  switch (type.kind) {
    case "int":
      return intName(type);
    case "bool":
      return "boolean";
    case "be":
      return `be${type.bits}`;
    case "address":
      return type.space === "user" ? "UserPtr" : "Addr";
    case "reference":
      return type.boxed ? `Ref<${layoutName(type.layout)}>` : layoutName(type.layout);
    case "kernel":
      return type.struct;
    case "map":
      return "map";
    default:
      return "void";
  }
}

/** A layout as diagnostics name it. */
export function layoutName(layout: Layout): string {
  switch (layout.kind) {
    case "int":
      return intName(layout);
    case "be":
      return `be${layout.bits}`;
    case "char":
      return `char(${layout.length})`;
    case "array":
      return `array(${layoutName(layout.element)}, ${layout.length})`;
    case "bits":
      return `bits(u${layout.unit}, ${layout.width})`;
    default:
      return layout.name;
  }
}

/** Whether two types are the same. */
export function sameType(a: Type, b: Type): boolean {
  return a.kind === b.kind && typeName(a) === typeName(b);
}

const NAMED: Readonly<Record<string, Type>> = {
  u8: intType(8, false),
  u16: intType(16, false),
  u32: intType(32, false),
  u64: intType(64, false),
  i8: intType(8, true),
  i16: intType(16, true),
  i32: intType(32, true),
  i64: intType(64, true),
  boolean: { kind: "bool" },
  be16: { kind: "be", bits: 16 },
  be32: { kind: "be", bits: 32 },
  be64: { kind: "be", bits: 64 },
  void: { kind: "void" },
};

/** The type that an annotation names; `undefined` for names that leave the width open or mean nothing here. */
export function namedType(name: string): Type | undefined {
  return NAMED[name];
}

/** The type of a scalar of that layout; `undefined` for aggregates. */
export function scalarType(layout: Layout): Type | undefined {
  switch (layout.kind) {
    case "int":
      return layout;
    case "be":
      return layout;
    case "bits":
      return intType(layout.unit, false);
    default:
      return undefined;
  }
}
