import type { FieldType } from "@ocelli/event";

import type { BinaryOperator } from "../filter/ast.ts";

/** What an operator looks at: types that allow the same operators. */
export type ValueKind = "number" | "text" | "bool" | "ip" | "net" | "bytes" | "list";

/** Falco's name of a kind, for messages. */
export const KIND_NAMES: Readonly<Record<ValueKind, string>> = {
  number: "numeric",
  text: "string",
  bool: "boolean",
  ip: "ip address",
  net: "ip network",
  bytes: "buffer",
  list: "list",
};

const EQUALITY: readonly BinaryOperator[] = ["=", "==", "!=", "in", "intersects"];

/** The operators that each kind allows, besides `exists`. */
export const OPERATORS: Readonly<Record<ValueKind, ReadonlySet<BinaryOperator>>> = {
  number: new Set([...EQUALITY, "<", "<=", ">", ">="]),
  bool: new Set(EQUALITY),
  ip: new Set(EQUALITY),
  net: new Set(EQUALITY),
  list: new Set(["in", "intersects"]),
  bytes: new Set([
    "=",
    "==",
    "!=",
    "contains",
    "startswith",
    "endswith",
    "bcontains",
    "bstartswith",
  ]),
  text: new Set([
    ...EQUALITY,
    "<",
    "<=",
    ">",
    ">=",
    "contains",
    "icontains",
    "startswith",
    "endswith",
    "glob",
    "iglob",
    "pmatch",
    "regex",
  ]),
};

/** The kind of a field's type. */
export function kindOfType(type: FieldType): ValueKind {
  switch (type) {
    case "text":
    case "bytes":
    case "bool":
    case "ip":
    case "net":
      return type;
    case "dynamic":
    default:
      return "number";
  }
}
