import type {
  FieldAccess,
  FieldProvider,
  FieldType,
  FieldValue,
  RuleEvent,
  ScalarValue,
} from "@ocelli/event";

import type { FieldNode, LeftSide, TransformerArgument, ValueNode } from "../filter/ast.ts";
import { joinSource } from "./transform/join.ts";
import { getoptSource } from "./transform/getopt.ts";
import { applyTransformer } from "./transform/transform.ts";

/** Where a side of a check gets its value: a field, a constant, or a transformer of these. */
export interface Source<E extends RuleEvent> {
  readonly type: Exclude<FieldType, "dynamic">;
  readonly list: boolean;
  readonly read: (event: E) => FieldValue | undefined;
  /** Set when it is the same for every event of the kind. */
  readonly constant?: FieldValue;
  /** Set when it is a field and nothing else. */
  readonly access?: FieldAccess<E>;
  /** Whether a transformer made its texts; Falco counts their closing NUL where such a text is looked up in a set. */
  readonly transformed: boolean;
}

/** How sides find their fields. */
export interface SourceContext<E extends RuleEvent> {
  readonly provider: FieldProvider<E>;
  /** The kind of event; undefined for any. */
  readonly type: number | undefined;
}

/** The source of a left side or of an argument; undefined when events of that kind never have the value. */
export function sourceOf<E extends RuleEvent>(
  node: LeftSide | TransformerArgument | ValueNode,
  context: SourceContext<E>,
): Source<E> | undefined {
  switch (node.kind) {
    case "field":
      return fieldSource(node, context);
    case "value":
      return fieldSource(node.field, context);
    case "text":
      return constant("text", node.value);
    case "number":
      return constant("text", node.value);
    case "argument-list":
      return listSource(node.items.map((item) => sourceOf(item, context)));
    case "transformer": {
      const args = node.arguments.map((argument) => sourceOf(argument, context));
      if (node.name === "join" || node.name === "concat") return joinSource(node.name, args);
      const [first, second] = args;
      if (first === undefined) return undefined;
      if (node.name === "getopt") return getoptSource(first, second, node.index);
      return applyTransformer(node.name, first);
    }
  }
}

function fieldSource<E extends RuleEvent>(
  node: FieldNode,
  { provider, type }: SourceContext<E>,
): Source<E> | undefined {
  if (node.name === "evt.dir") return directionSource(type);
  // Nothing knows how long calls took.
  if (node.name === "evt.latency.human") return constant("text", "0ns");
  if (/^evt\.(?:wait_)?latency(?:\.n?s)?$/.test(node.name)) return constant("reltime", 0);
  const typeName =
    node.name === "evt.type" && type !== undefined ? provider.nameOfType(type) : undefined;
  if (typeName !== undefined) return constant("text", typeName);
  const { name, argument } = fieldRequest(node);
  const access = provider.resolve(name, argument, type);
  if (access === undefined) return undefined;
  return {
    type: access.type,
    list: access.list,
    read: access.read,
    access,
    transformed: false,
  };
}

/** `<` for ends of calls, which have odd numbers; `>` for the few kinds that are no end: procexit, signaldeliver. */
function directionSource<E extends RuleEvent>(type: number | undefined): Source<E> {
  if (type !== undefined) return constant("text", type % 2 === 0 ? ">" : "<");
  const read = (event: E): string => (event.type % 2 === 0 ? ">" : "<");
  return { type: "text", list: false, read, transformed: false };
}

/** What is asked of a provider: `evt.arg.flags` is the field `evt.arg` with the argument `flags`. */
export function fieldRequest({ name, argument }: FieldNode): {
  name: string;
  argument: string | undefined;
} {
  const dotted = argument === undefined ? /^(evt\.(?:raw)?arg)\.([^.]+)$/.exec(name) : null;
  return dotted === null ? { name, argument } : { name: dotted[1] ?? name, argument: dotted[2] };
}

function constant<E extends RuleEvent>(
  type: "text" | "reltime",
  value: string | number,
): Source<E> {
  return { type, list: false, read: () => value, constant: value, transformed: false };
}

/** A list of values that are written one by one; missing as a whole when one is missing. */
function listSource<E extends RuleEvent>(
  items: readonly (Source<E> | undefined)[],
): Source<E> | undefined {
  const known = items.filter((item) => item !== undefined);
  if (known.length < items.length) return undefined;
  return {
    type: "text",
    list: true,
    transformed: false,
    read: (event) => {
      const values: ScalarValue[] = [];
      for (const item of known) {
        const value = item.read(event);
        if (value === undefined || typeof value === "object") return undefined;
        values.push(value);
      }
      return values;
    },
  };
}
