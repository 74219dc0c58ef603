import type { FieldProvider, RuleEvent } from "@ocelli/event";

import { sourceOf, type Source } from "../evaluate/source.ts";
import type { FieldNode, LeftSide, TransformerArgument } from "../filter/ast.ts";
import { describeSide } from "../filter/print-filter.ts";
import { formatValue, MISSING, toJsonValue, type JsonValue } from "./format-value.ts";
import type { OutputPart } from "./parse-output.ts";

/** An output ready to be filled in. */
export interface CompiledOutput<E extends RuleEvent> {
  /** The text for an event; `<NA>` stands where a value is missing. */
  readonly text: (event: E) => string;
  /** The values of its fields, by name, once each; of a transformer those of the fields inside. */
  readonly fields: (event: E) => readonly (readonly [string, JsonValue])[];
}

/** Makes an output ready for events of a provider. */
export function compileOutput<E extends RuleEvent>(
  parts: readonly OutputPart[],
  provider: FieldProvider<E>,
): CompiledOutput<E> {
  const context = { provider, type: undefined };
  const texts = parts.map((part): ((event: E) => string) => {
    if (part.kind === "text") return () => part.text;
    const write = textWriter(sourceOf(part.value, context));
    const { width } = part;
    return width === 0 ? write : (event) => write(event).slice(0, width).padEnd(width);
  });
  const named = new Map<string, FieldNode>();
  for (const part of parts)
    if (part.kind === "value")
      for (const field of fieldsInside(part.value)) named.set(describeSide(field), field);
  const values = [...named].map(
    ([name, field]) => [name, jsonReader(sourceOf(field, context))] as const,
  );
  return {
    text: (event) => {
      let text = "";
      for (const write of texts) text += write(event);
      return text;
    },
    fields: (event) => values.map(([name, read]) => [name, read(event)] as const),
  };
}

/** The fields that a value is made of. */
function fieldsInside(value: LeftSide | TransformerArgument): readonly FieldNode[] {
  switch (value.kind) {
    case "field":
      return [value];
    case "transformer":
      return value.arguments.flatMap(fieldsInside);
    case "argument-list":
      return value.items.flatMap(fieldsInside);
    case "text":
    case "number":
      return [];
  }
}

function textWriter<E extends RuleEvent>(source: Source<E> | undefined): (event: E) => string {
  if (source === undefined) return () => MISSING;
  const { read, type, access } = source;
  if (access?.verbatim === true) {
    return (event) => {
      const value = read(event);
      return typeof value === "string" ? value : formatValue(value, type, access.notation);
    };
  }
  return (event) => formatValue(read(event), type, access?.notation);
}

function jsonReader<E extends RuleEvent>(source: Source<E> | undefined): (event: E) => JsonValue {
  if (source === undefined) return () => null;
  const { type, access } = source;
  const { readJson, verbatim } = access ?? {};
  if (readJson !== undefined) return (event) => toJsonValue(readJson(event), type);
  return (event) => {
    const value = source.read(event);
    if (verbatim === true && typeof value === "string") return value;
    return toJsonValue(value, type, access?.notation);
  };
}
