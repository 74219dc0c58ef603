import type { FieldProvider, FieldValue, RuleEvent } from "@ocelli/event";

import { compileCheck } from "../evaluate/compile-check.ts";
import { sourceOf, type Source, type SourceContext } from "../evaluate/source.ts";
import type { CompareNode, ExistsNode, FilterNode } from "../filter/ast.ts";
import { describeFilter, describeSide } from "../filter/print-filter.ts";
import { macroNameOf } from "../load/resolve-macros.ts";
import { toJsonValue, type JsonValue } from "../output/format-value.ts";

/** A value that a check looked at. */
export interface ExplainedValue {
  /** The field or transformer as it is printed. */
  readonly of: string;
  /** Null when the event has no such value. */
  readonly value: JsonValue;
}

/** One part of a condition and whether it held for an event. */
export interface ExplainedPart {
  readonly kind: "and" | "or" | "not" | "check";
  /** The part as it is printed, macros resolved and lists replaced. */
  readonly text: string;
  /** The macro that it came from. */
  readonly macro?: string;
  readonly held: boolean;
  /** Of a check: what it looked at, left side first. */
  readonly values: readonly ExplainedValue[];
  /** Of every other part. */
  readonly parts: readonly ExplainedPart[];
}

/** Tells of each part of a condition whether it holds for an event, and of each check what it looked at. */
export function explainCondition<E extends RuleEvent>(
  condition: FilterNode,
  provider: FieldProvider<E>,
  event: E,
): ExplainedPart {
  return explain(condition, { provider, type: event.type }, event);
}

function explain<E extends RuleEvent>(
  node: FilterNode,
  context: SourceContext<E>,
  event: E,
): ExplainedPart {
  const base = { text: describeFilter(node), values: [] };
  const macro = macroNameOf(node);
  const named = macro === undefined ? base : { ...base, macro };
  switch (node.kind) {
    case "and":
    case "or": {
      const parts = node.children.map((child) => explain(child, context, event));
      const held =
        node.kind === "and" ? parts.every((part) => part.held) : parts.some((part) => part.held);
      return { ...named, kind: node.kind, held, parts };
    }
    case "not": {
      const part = explain(node.child, context, event);
      return { ...named, kind: "not", held: !part.held, parts: [part] };
    }
    case "exists":
    case "compare": {
      const held = compileCheck(node, context)?.test(event) ?? false;
      return { ...named, kind: "check", held, parts: [], values: valuesOf(node, context, event) };
    }
    case "macro":
      return { ...named, kind: "check", held: false, parts: [] };
  }
}

function valuesOf<E extends RuleEvent>(
  node: ExistsNode | CompareNode,
  context: SourceContext<E>,
  event: E,
): ExplainedValue[] {
  const left = sourceOf(node.left, context);
  const values = [{ of: describeSide(node.left), value: readValue(left, event) }];
  if (node.kind === "exists") return values;
  const { right } = node;
  if (right.kind !== "value" && right.kind !== "transformer") return values;
  const side = right.kind === "value" ? right.field : right;
  return [...values, { of: describeSide(side), value: readValue(sourceOf(right, context), event) }];
}

function readValue<E extends RuleEvent>(source: Source<E> | undefined, event: E): JsonValue {
  if (source === undefined) return null;
  const { read, access, type } = source;
  const candidates: FieldValue | undefined = access?.candidates?.read(event);
  return toJsonValue(candidates ?? read(event), type, access?.notation);
}

/**
 * The checks that kept a condition from holding: the fewest that would all have to come out the other way. None when it
 * held.
 */
export function blockersOf(part: ExplainedPart): readonly ExplainedPart[] {
  return part.held ? [] : turners(part);
}

/** The fewest checks that turn a part from what it is. */
function turners(part: ExplainedPart): readonly ExplainedPart[] {
  switch (part.kind) {
    case "check":
      return [part];
    case "not":
      return part.parts.flatMap(turners);
    case "and":
    case "or": {
      // An "and" that failed needs all that failed, an "or" that failed any one; held parts the other way round.
      const needsAll = (part.kind === "and") !== part.held;
      const concerned = part.parts.filter(({ held }) => held === part.held);
      const ways = concerned.map(turners);
      if (needsAll) return [...new Set(ways.flat())];
      return ways.reduce((best, way) => (way.length < best.length ? way : best), ways[0] ?? []);
    }
  }
}
