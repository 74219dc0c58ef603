/** A constant of the source: what `cel/values.ts` says a value is. */
export interface LiteralExpr {
  readonly kind: "literal";
  readonly at: number;
  readonly type: "null" | "bool" | "int" | "uint" | "double" | "string" | "bytes";
  readonly value: null | boolean | bigint | number | string | Uint8Array;
}

/** The macros over lists and maps. */
export type MacroForm = "all" | "exists" | "exists_one" | "map" | "filter";

/** An expression of the Common Expression Language. `at` is the offset that errors point to. */
export type Expr =
  | LiteralExpr
  | { readonly kind: "ident"; readonly at: number; readonly name: string }
  | {
      readonly kind: "select";
      readonly at: number;
      readonly operand: Expr;
      readonly field: string;
      /** Of `has(operand.field)`. */
      readonly test: boolean;
    }
  | {
      readonly kind: "call";
      readonly at: number;
      readonly name: string;
      readonly target: Expr | undefined;
      readonly args: readonly Expr[];
    }
  | { readonly kind: "list"; readonly at: number; readonly items: readonly Expr[] }
  | {
      readonly kind: "map";
      readonly at: number;
      readonly entries: readonly { readonly key: Expr; readonly value: Expr }[];
    }
  | {
      readonly kind: "macro";
      readonly at: number;
      readonly form: MacroForm;
      readonly range: Expr;
      readonly variable: string;
      /** The test of a three-argument `map`. */
      readonly test: Expr | undefined;
      readonly step: Expr;
    };
