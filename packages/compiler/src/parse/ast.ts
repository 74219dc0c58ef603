import type { Span } from "@ocelli/bpf";

/** Operators of two numbers. */
export type BinaryOperator =
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "&"
  | "|"
  | "^"
  | "<<"
  | ">>"
  | ">>>"
  | "==="
  | "!=="
  | "<"
  | "<="
  | ">"
  | ">=";

/** An expression of the subset of TypeScript that kernel programs are written in. */
export type Expression = { readonly span: Span } & (
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "bigint"; readonly value: bigint }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "name"; readonly name: string }
  | {
      readonly kind: "member";
      readonly object: Expression;
      readonly name: string;
      readonly optional: boolean;
    }
  | { readonly kind: "index"; readonly object: Expression; readonly index: Expression }
  | {
      readonly kind: "call";
      readonly callee: Expression;
      readonly args: readonly Expression[];
      readonly optional: boolean;
    }
  /** A chain of `?.`: its value is `undefined` as soon as one link is. */
  | { readonly kind: "chain"; readonly expression: Expression }
  | {
      readonly kind: "unary";
      readonly operator: "-" | "+" | "!" | "~";
      readonly operand: Expression;
    }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "logical";
      readonly operator: "&&" | "||" | "??";
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "conditional";
      readonly test: Expression;
      readonly yes: Expression;
      readonly otherwise: Expression;
    }
  /** `operator` is absent for a plain `=`. */
  | {
      readonly kind: "assign";
      readonly operator: BinaryOperator | undefined;
      readonly target: Expression;
      readonly value: Expression;
    }
  | {
      readonly kind: "update";
      readonly operator: "+" | "-";
      readonly prefix: boolean;
      readonly target: Expression;
    }
  | {
      readonly kind: "object";
      readonly fields: readonly { readonly name: string; readonly value: Expression }[];
    }
  | { readonly kind: "array"; readonly elements: readonly Expression[] }
  | {
      readonly kind: "template";
      readonly texts: readonly string[];
      readonly values: readonly Expression[];
    }
  | FunctionExpression
);

/** An arrow function, or a function declared by name. */
export interface FunctionExpression {
  readonly kind: "function";
  readonly span: Span;
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** The name of the result's annotation, empty when there is none. */
  readonly returns: string;
  readonly body: Statement;
}

/** A parameter; `type` is the name of its annotation, empty when there is none. */
export interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly span: Span;
}

/** A statement of a function's body. */
export type Statement = { readonly span: Span } & (
  | {
      readonly kind: "variable";
      readonly constant: boolean;
      readonly name: string;
      readonly type: string;
      readonly value: Expression | undefined;
    }
  | {
      readonly kind: "destructure";
      readonly constant: boolean;
      readonly names: readonly { readonly field: string; readonly name: string }[];
      readonly value: Expression;
    }
  | { readonly kind: "expression"; readonly expression: Expression }
  | {
      readonly kind: "if";
      readonly test: Expression;
      readonly yes: Statement;
      readonly otherwise: Statement | undefined;
    }
  | {
      readonly kind: "loop";
      readonly start: readonly Statement[];
      readonly test: Expression | undefined;
      readonly step: Expression | undefined;
      readonly body: Statement;
    }
  | {
      readonly kind: "for-of";
      readonly name: string;
      /** The other name of `const [name, second] of …`. */
      readonly second?: string;
      readonly iterable: Expression;
      readonly body: Statement;
    }
  | {
      readonly kind: "switch";
      readonly subject: Expression;
      /** `test` is absent for `default`. */
      readonly cases: readonly {
        readonly test: Expression | undefined;
        readonly body: readonly Statement[];
      }[];
    }
  /** `scope` is off for the declarations of one `const a = …, b = …`. */
  | { readonly kind: "block"; readonly scope: boolean; readonly statements: readonly Statement[] }
  | { readonly kind: "return"; readonly value: Expression | undefined }
  | { readonly kind: "break" }
  | { readonly kind: "continue" }
);

/** A name that comes from another module. */
export interface Import {
  readonly local: string;
  readonly imported: string;
  readonly from: string;
  readonly span: Span;
}

/** A constant of the module. */
export interface Declaration {
  readonly name: string;
  readonly exported: boolean;
  readonly value: Expression;
  readonly span: Span;
}

/** A `.bpf.ts` file. */
export interface Module {
  readonly imports: readonly Import[];
  readonly declarations: readonly Declaration[];
}
