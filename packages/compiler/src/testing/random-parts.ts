/** A type of numbers. */
export interface Width {
  readonly name: "u64" | "i64" | "u32" | "i32";
  readonly bits: 32 | 64;
  readonly signed: boolean;
}

/** The types that programs compute with. */
export const WIDTHS: readonly Width[] = [
  { name: "u64", bits: 64, signed: false },
  { name: "i64", bits: 64, signed: true },
  { name: "u32", bits: 32, signed: false },
  { name: "i32", bits: 32, signed: true },
];
/** The type of indexes and keys. */
export const U32: Width = { name: "u32", bits: 32, signed: false };
/** The type of outputs. */
export const U64: Width = { name: "u64", bits: 64, signed: false };

/** A number cut to a type. */
export function wrap({ bits, signed }: Width, value: bigint): bigint {
  return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

/** What a program works on while it is computed. */
export interface State {
  readonly args: readonly bigint[];
  readonly variables: Map<string, bigint>;
  readonly cells: bigint[];
  readonly fields: Map<string, bigint>;
  readonly table: Map<bigint, bigint>;
  readonly out: bigint[];
}

/** An expression in two languages. */
export interface Expr {
  readonly source: string;
  readonly value: (state: State) => bigint;
}

/** A condition in two languages. */
export interface Test {
  readonly source: string;
  readonly holds: (state: State) => boolean;
}

/** How a statement leaves a loop. */
export type Signal = "break" | "continue" | undefined;

/** Statements in two languages. */
export interface Code {
  readonly source: string;
  readonly run: (state: State) => Signal;
}

/** A variable. */
export interface Name {
  readonly name: string;
  readonly width: Width;
  readonly mutable: boolean;
}

/** A number that an operator makes, before it is cut. */
export function compute(operator: string, a: bigint, b: bigint): bigint {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "&":
      return a & b;
    case "|":
      return a | b;
    default:
      return a ^ b;
  }
}

/** Whether a comparison holds. */
export function compare(operator: string, a: bigint, b: bigint): boolean {
  switch (operator) {
    case "===":
      return a === b;
    case "!==":
      return a !== b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    default:
      return a >= b;
  }
}

/** Lines moved in by two columns. */
export function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}
