/** A run of characters of a condition's text. */
export interface TextSpan {
  readonly offset: number;
  readonly length: number;
}

/** A field of an event, e.g. `proc.aname[2]`. */
export interface FieldNode {
  readonly kind: "field";
  readonly span: TextSpan;
  readonly name: string;
  /** What stands between the brackets, unescaped; absent without brackets. */
  readonly argument?: string;
}

/** A value made from others, e.g. `tolower(proc.name)` or `getopt(proc.args, "n:")[n]`. */
export interface TransformerNode {
  readonly kind: "transformer";
  readonly span: TextSpan;
  readonly name: TransformerName;
  readonly arguments: readonly TransformerArgument[];
  /** What stands between the brackets after it, unescaped; absent without brackets. */
  readonly index?: string;
}

/** A text, quoted or bare, unescaped. Whether it is a number, an address or a name is the field's business. */
export interface TextNode {
  readonly kind: "text";
  readonly span: TextSpan;
  readonly value: string;
}

/** A number, as it was written: `0x1F`, `+7`, `1e+3`. */
export interface NumberNode {
  readonly kind: "number";
  readonly span: TextSpan;
  readonly value: string;
}

/** Values in parentheses. */
export interface ListNode {
  readonly kind: "list";
  readonly span: TextSpan;
  readonly items: readonly TextNode[];
}

/** A word where a list may stand: the name of one, or a single value. */
export interface NameNode {
  readonly kind: "name";
  readonly span: TextSpan;
  readonly name: string;
}

/** `val(field)`: the right side is the value of another field, perhaps indexed. */
export interface ValueNode {
  readonly kind: "value";
  readonly span: TextSpan;
  readonly field: FieldNode;
  readonly index?: string;
}

/** A list of arguments inside a transformer, as `join` and `concat` take. */
export interface ArgumentListNode {
  readonly kind: "argument-list";
  readonly span: TextSpan;
  readonly items: readonly (FieldNode | TransformerNode | TextNode | NumberNode)[];
}

/** One argument of a transformer. */
export type TransformerArgument =
  | FieldNode
  | TransformerNode
  | TextNode
  | NumberNode
  | ArgumentListNode;

/** What a check looks at. */
export type LeftSide = FieldNode | TransformerNode;

/** What a check compares with. */
export type RightSide = TextNode | NumberNode | ListNode | NameNode | ValueNode | TransformerNode;

/** `left exists`. */
export interface ExistsNode {
  readonly kind: "exists";
  readonly span: TextSpan;
  readonly left: LeftSide;
}

/** `left operator [modifier] right`. */
export interface CompareNode {
  readonly kind: "compare";
  readonly span: TextSpan;
  readonly left: LeftSide;
  readonly operator: BinaryOperator;
  readonly modifier?: Modifier;
  readonly right: RightSide;
}

/** A macro, by name. */
export interface MacroNode {
  readonly kind: "macro";
  readonly span: TextSpan;
  readonly name: string;
}

/** Two or more conditions joined by `and` or by `or`. */
export interface JunctionNode {
  readonly kind: "and" | "or";
  readonly span: TextSpan;
  readonly children: readonly FilterNode[];
}

/** A condition denied. */
export interface NotNode {
  readonly kind: "not";
  readonly span: TextSpan;
  readonly child: FilterNode;
}

/** A condition as a tree; offsets point into the text it was read from. */
export type FilterNode = JunctionNode | NotNode | MacroNode | ExistsNode | CompareNode;

/** The functions over values. */
export type TransformerName =
  | "tolower"
  | "toupper"
  | "b64"
  | "basename"
  | "len"
  | "join"
  | "concat"
  | "getopt";

/** How a text operator treats a list: any of it, or all. */
export type Modifier = "oneof" | "anyof" | "allof";

/** Operators of numbers. */
export type NumberOperator = "<=" | "<" | ">=" | ">";

/** Operators of texts; they take a modifier. */
export type TextOperator =
  | "=="
  | "="
  | "!="
  | "glob"
  | "iglob"
  | "contains"
  | "icontains"
  | "bcontains"
  | "startswith"
  | "bstartswith"
  | "endswith"
  | "regex";

/** Operators of lists. */
export type ListOperator = "intersects" | "in" | "pmatch";

/** Every operator with two sides. */
export type BinaryOperator = NumberOperator | TextOperator | ListOperator;
