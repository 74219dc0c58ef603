import type { Btf, Diagnostic, Span } from "@ocelli/bpf";

import type { ProgramKind } from "../author/programs.ts";
import type { Block, IrFunction } from "../ir/ir.ts";
import type { IrBuilder, Variable } from "../ir/builder.ts";
import type { Expression, FunctionExpression, Statement } from "../parse/ast.ts";
import type { Entities } from "../types/evaluate.ts";
import type { IntType, Type } from "../types/type.ts";
import type { DataSections } from "./data.ts";
import type { Binding, Operand } from "./operand.ts";
import type { ProgramContext } from "./context.ts";
import type { Architecture } from "./registers.ts";

/** The function whose body is being lowered: a program, or a function that is inlined into it. */
export interface Frame {
  readonly name: string;
  readonly exit: Block;
  readonly result: Variable;
  /** What is wanted, or else the first `return` with a value decides. */
  resultType: Type | undefined;
  /** Some way returned a value. */
  hasResult: boolean;
  /** A program's: the kernel looks at 32 bits, whatever their sign. */
  readonly isProgram: boolean;
}

/** Where `break` and `continue` lead. */
export interface Loop {
  readonly breaks: Block;
  /** Absent in a `switch`. */
  readonly continues: Block | undefined;
}

/** What the lowering of one program shares. */
export interface Lowerer {
  readonly builder: IrBuilder;
  /** The names of the module whose function is being lowered. */
  entities: Entities;
  readonly data: DataSections;
  readonly kernel: Btf | undefined;
  context: ProgramContext;
  /** Of the program that is compiled. */
  readonly kind: ProgramKind;
  readonly arch: Architecture;
  readonly functions: FunctionTable;
  /** Learns what is computed in which width. */
  readonly onNumber: ((node: Expression, type: IntType) => void) | undefined;
  frames: readonly Frame[];
  loops: readonly Loop[];
  scopes: readonly Map<string, Binding>[];
  refuse(code: string, span: Span, message: string, hint: string): Operand;
  report(diagnostic: Diagnostic): void;
  /** `expected` is what the place that takes the value wants, for literals and objects. */
  expression(node: Expression, expected?: Type): Operand;
  /** Goes to one of two blocks; each is entered with what the condition proves. */
  condition(node: Expression, then: Block, otherwise: Block): void;
  statement(node: Statement): void;
  call(node: Expression & { readonly kind: "call" }, expected?: Type): Operand;
  /** Puts a function's body in the place of its call. */
  inline(
    value: FunctionExpression,
    args: readonly Operand[],
    span: Span,
    name: string,
    wanted?: Type,
  ): Operand;
  /** Starts a function of its own, with nothing in scope. */
  derive(name: string): Lowerer;
}

/** A function that is called rather than inlined. */
export interface LoweredFunction {
  readonly name: string;
  readonly linkage: "static" | "global";
  readonly ir: IrFunction;
  /** What it gives; `undefined` when that is nothing. */
  readonly result: Type | undefined;
  /** Its first argument is the program's context. */
  readonly takesContext: boolean;
  /** Names of its parameters, for the object's types. */
  readonly parameters: readonly { readonly name: string; readonly type: Type }[];
}

/** The functions of a module by what they are called with; `undefined` while one is being lowered. */
export type FunctionTable = Map<string, LoweredFunction | undefined>;

/** What a name stands for here; `undefined` when it is not of the functions around. */
export function findBinding({ scopes }: Lowerer, name: string): Binding | undefined {
  for (let index = scopes.length - 1; index >= 0; index -= 1) {
    const found = scopes[index]?.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Declares a name in the innermost scope. */
export function declare(low: Lowerer, name: string, binding: Binding): void {
  low.scopes.at(-1)?.set(name, binding);
}

/** Runs something in a scope of its own. */
export function inScope(low: Lowerer, body: () => void): void {
  const { scopes } = low;
  low.scopes = [...scopes, new Map()];
  body();
  low.scopes = scopes;
}
