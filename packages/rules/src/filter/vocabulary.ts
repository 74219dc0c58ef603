import type {
  ListOperator,
  Modifier,
  NumberOperator,
  TextOperator,
  TransformerName,
} from "./ast.ts";

// The order is the order of trial: "<=" before "<", "==" before "=".

/** Operators whose right side is a number. */
export const NUMBER_OPERATORS: readonly NumberOperator[] = ["<=", "<", ">=", ">"];

/** Operators whose right side is a text, or a list after a modifier. */
export const TEXT_OPERATORS: readonly TextOperator[] = [
  "==",
  "=",
  "!=",
  "glob",
  "iglob",
  "contains",
  "icontains",
  "bcontains",
  "startswith",
  "bstartswith",
  "endswith",
  "regex",
];

/** Operators whose right side is a list. */
export const LIST_OPERATORS: readonly ListOperator[] = ["intersects", "in", "pmatch"];

/** What turns a text operator into one over a list. */
export const MODIFIERS: readonly Modifier[] = ["oneof", "anyof", "allof"];

/** The functions over values. */
export const TRANSFORMERS: readonly TransformerName[] = [
  "tolower",
  "toupper",
  "b64",
  "basename",
  "len",
  "join",
  "concat",
  "getopt",
];
