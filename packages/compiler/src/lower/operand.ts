import type { Layout } from "../author/layout.ts";
import type { Value, KernelField } from "../ir/ir.ts";
import type { Variable } from "../ir/builder.ts";
import type { FunctionExpression } from "../parse/ast.ts";
import type { Entity } from "../types/evaluate.ts";
import type { Memory, Type } from "../types/type.ts";

/** What an expression gave while it was lowered. */
export type Operand =
  /** In a register. */
  | { readonly kind: "value"; readonly type: Type; readonly value: Value }
  /** A constant that takes the width of what it meets. */
  | { readonly kind: "literal"; readonly value: bigint; readonly big: boolean }
  | Place
  /** A struct inside a kernel struct that a pointer leads to. */
  | KernelPlace
  /** A cursor over a packet, held in a variable. */
  | { readonly kind: "packet"; readonly cursor: Variable; readonly end: Variable }
  | { readonly kind: "context" }
  | { readonly kind: "method"; readonly object: Operand; readonly name: string }
  | { readonly kind: "entity"; readonly entity: Entity }
  | { readonly kind: "function"; readonly value: FunctionExpression }
  /** What `?.` found, if `present` is not 0: only `??` takes it. */
  | {
      readonly kind: "maybe";
      readonly type: Type;
      readonly variable: Variable;
      readonly present: Variable;
    }
  | { readonly kind: "undefined" }
  | { readonly kind: "void" }
  /** Something that was refused; whatever uses it keeps silent. */
  | { readonly kind: "failed" };

/** A typed run of memory. Offset in bytes. */
export interface Place {
  readonly kind: "place";
  readonly layout: Layout;
  readonly base: Value;
  readonly offset: number;
  readonly shift: number;
  readonly memory: Memory;
  /** How many bytes are read or written, where that is more than the layout has. */
  readonly width?: 4 | 8;
  /** The kernel takes no writes here although it takes them elsewhere in this memory. */
  readonly frozen?: boolean;
}

/** A struct or array inside a kernel struct. Offset in bytes from the pointer that it was found by. */
export interface KernelPlace {
  readonly kind: "kernel-place";
  readonly typeId: number;
  readonly base: Value;
  readonly offset: number;
  readonly field: KernelField;
  readonly access: "direct" | "probe";
  /** A union is on the way: pointers from here are not those that the verifier knows. */
  readonly untrusted?: boolean;
}

/** What a name stands for inside a function. */
export type Binding =
  | {
      readonly kind: "variable";
      readonly variable: Variable;
      readonly type: Type;
      readonly constant: boolean;
    }
  | { readonly kind: "fixed"; readonly operand: Operand }
  /** A place, whose address is kept in a variable so that it is right on every way. */
  | { readonly kind: "held"; readonly operand: () => Operand };

/** The one operand that says that something was refused already. */
export const FAILED: Operand = { kind: "failed" };
