import type {
  CompareNode,
  FieldNode,
  FilterNode,
  NameNode,
  RightSide,
  TransformerArgument,
  TransformerNode,
} from "./ast.ts";

/** Writes texts one way or another; the rest of a condition has one way to be written. */
interface Style {
  /** Whether the text must give the same tree again. */
  readonly readsBack: boolean;
  readonly text: (value: string) => string;
  readonly index: (value: string) => string;
  readonly argument: (value: string) => string;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\\": "\\\\",
  '"': '\\"',
};

/**
 * Writes a condition the way Falco prints its trees: joined parts in parentheses, texts quoted only when they hold a
 * blank, a quote, a backslash or `=`, or nothing. Good for reading and comparing; {@link printFilter} reads back.
 */
export function describeFilter(node: FilterNode): string {
  return write(node, DESCRIBE);
}

/** Writes a condition so that `parseFilter` gives the same tree again, whatever its texts hold. */
export function printFilter(node: FilterNode): string {
  return write(node, SOURCE);
}

/** Writes a field or a transformer the way Falco prints it: the key of a field among the fields of an alert. */
export function describeSide(node: FieldNode | TransformerNode): string {
  return writeLeft(node, DESCRIBE);
}

const DESCRIBE: Style = {
  readsBack: false,
  text: quoteWhenNeeded,
  index: quoteWhenNeeded,
  argument: quoteWhenNeeded,
};

const SOURCE: Style = {
  readsBack: true,
  text: (value) =>
    /^[a-zA-Z0-9_.:/*-]+$/.test(value) && !value.endsWith("of") ? value : quote(value),
  index: (value) => (/^[a-zA-Z0-9_./-]+$/.test(value) ? value : quote(value)),
  argument: quote,
};

function quoteWhenNeeded(value: string): string {
  if (value !== "" && !/[\b\f\n\r\t\\"'= ]/.test(value)) return value;
  return `"${escape(value)}"`;
}

// A quote after a backslash does not close, so that a backslash at the end is written as backslash-blank.
function quote(value: string): string {
  const inner = escape(value);
  return inner.endsWith("\\") ? `"${inner.slice(0, -2)}\\ "` : `"${inner}"`;
}

function escape(value: string): string {
  return value.replaceAll(/[\b\f\n\r\t\\"]/g, (character) => ESCAPES[character] ?? character);
}

function write(node: FilterNode, style: Style): string {
  switch (node.kind) {
    case "and":
    case "or":
      return `(${node.children.map((child) => write(child, style)).join(` ${node.kind} `)})`;
    case "not": {
      const child = write(node.child, style);
      // A run of "not" folds when it is read.
      return style.readsBack && node.child.kind === "not" ? `not (${child})` : `not ${child}`;
    }
    case "macro":
      return style.readsBack && node.name === "not" ? "(not)" : node.name;
    case "exists":
      return `${writeLeft(node.left, style)} exists`;
    case "compare":
      return writeCompare(node, style);
  }
}

function writeCompare(node: CompareNode, style: Style): string {
  const modifier = node.modifier === undefined ? "" : ` ${node.modifier}`;
  return `${writeLeft(node.left, style)} ${node.operator}${modifier} ${writeRight(node.right, style)}`;
}

function writeLeft(node: FieldNode | TransformerNode, style: Style): string {
  if (node.kind === "transformer") return writeTransformer(node, style);
  return node.argument === undefined ? node.name : `${node.name}[${style.index(node.argument)}]`;
}

function writeTransformer(node: TransformerNode, style: Style): string {
  const index = node.index === undefined ? "" : `[${style.index(node.index)}]`;
  const args = node.arguments.map((argument) => writeArgument(argument, style)).join(",");
  return `${node.name}(${args})${index}`;
}

function writeArgument(node: TransformerArgument, style: Style): string {
  switch (node.kind) {
    case "field":
    case "transformer":
      return writeLeft(node, style);
    case "text":
      return style.argument(node.value);
    case "number":
      return node.value;
    case "argument-list":
      return `(${node.items.map((item) => writeArgument(item, style)).join(",")})`;
  }
}

function writeRight(node: RightSide | NameNode, style: Style): string {
  switch (node.kind) {
    case "text":
      return style.text(node.value);
    case "number":
      return node.value;
    case "name":
      return node.name;
    case "list":
      return `(${node.items.map((item) => style.text(item.value)).join(", ")})`;
    case "value":
      return `val(${writeLeft(node.field, style)})${node.index === undefined ? "" : `[${style.index(node.index)}]`}`;
    case "transformer":
      return writeTransformer(node, style);
  }
}
