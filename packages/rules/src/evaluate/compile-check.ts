import type { FieldCandidates, RuleEvent, ScalarValue } from "@ocelli/event";

import type { CompareNode, ExistsNode, LeftSide, RightSide } from "../filter/ast.ts";
import { compareConstants } from "./compare/compare-constants.ts";
import { compareValues } from "./compare/compare-values.ts";
import { isNumberType } from "./compare/compare-number.ts";
import { isList, type Comparison } from "./compare/comparison.ts";
import { fieldRequest, sourceOf, type Source, type SourceContext } from "./source.ts";

/** One check, ready to be asked of events of the kind it was made for. */
export interface CompiledCheck<E extends RuleEvent> {
  readonly test: (event: E) => boolean;
  /** Set when it says the same for every event of the kind. */
  readonly constant?: boolean;
  /** Set when the check looks at one value of one source, so that generated code can read that once for many checks. */
  readonly simple?: { readonly source: Source<E>; readonly comparison: Comparison };
}

/**
 * Makes a check ready for one kind of event. Undefined when it is false for every such event, because they never have the
 * value.
 */
export function compileCheck<E extends RuleEvent>(
  node: ExistsNode | CompareNode,
  context: SourceContext<E>,
): CompiledCheck<E> | undefined {
  if (node.left.kind === "field" && node.left.name === "evt.around")
    return compileAround(node, node.left.argument);
  const left = sourceOf(node.left, context);
  if (left === undefined) return undefined;
  if (node.kind === "exists") return compileExists(left);
  const constants = constantsOf(node.right);
  if (constants === undefined) return compileTwoSides(node, left, context);
  const candidates = left.access?.candidates;
  if (candidates !== undefined) return compileCandidates(node, left, candidates, constants);
  if (left.list) return compileList(node, left, constants);
  const looseLength = hasLooseLength(node.left) && isNumberType(left.type);
  if (looseLength && isSetOperator(node)) return undefined;
  const modifier = isRawArgument(node.left) ? undefined : node.modifier;
  return simpleCheck(left, compareConstants(left.type, node.operator, modifier, constants));
}

/** `evt.around[TIME] = MS`: whether an event is within milliseconds of a time in nanoseconds, whatever the operator. */
function compileAround<E extends RuleEvent>(
  node: ExistsNode | CompareNode,
  argument: string | undefined,
): CompiledCheck<E> | undefined {
  const within = node.kind === "compare" ? constantsOf(node.right)?.[0] : undefined;
  if (!/^\d+$/.test(argument ?? "") || !/^\d+$/.test(within ?? "")) return undefined;
  const time = BigInt(argument ?? 0);
  const span = BigInt(within ?? 0) * 1_000_000n;
  return {
    test: ({ timeNs }) => timeNs - span <= time && time <= timeNs + span,
  };
}

/** The constants of a right side as they are written; undefined when it is another field or a transformer. */
export function constantsOf(right: RightSide): readonly string[] | undefined {
  switch (right.kind) {
    case "text":
    case "number":
      return [right.value];
    case "name":
      return [right.name];
    case "list":
      return right.items.map(({ value }) => value);
    case "value":
    case "transformer":
      return undefined;
  }
}

function simpleCheck<E extends RuleEvent>(
  source: Source<E>,
  comparison: Comparison,
): CompiledCheck<E> {
  const { read, constant } = source;
  const { test } = comparison;
  if (constant !== undefined) {
    const holds = test(constant as ScalarValue);
    return { constant: holds, test: () => holds };
  }
  return {
    simple: { source, comparison },
    test: (event) => {
      const value = read(event);
      return value !== undefined && test(value as ScalarValue);
    },
  };
}

function compileExists<E extends RuleEvent>(left: Source<E>): CompiledCheck<E> {
  const { read, access } = left;
  if (access?.candidates !== undefined) return { test: access.candidates.exists };
  const comparison: Comparison = {
    test: () => true,
    code: (value) => `${value} !== undefined`,
  };
  return { simple: { source: left, comparison }, test: (event) => read(event) !== undefined };
}

/**
 * Fields that compare with several values: true when one of them fits, and `!=` as the field says. Falco leaves modifiers
 * out there and takes the first constant, as it does for every operator of `fd.net`.
 */
function compileCandidates<E extends RuleEvent>(
  node: CompareNode,
  left: Source<E>,
  { read, unequal }: FieldCandidates<E>,
  constants: readonly string[],
): CompiledCheck<E> | undefined {
  if (isSetOperator(node) && hasLooseLength(node.left)) return undefined;
  const firstOnly = left.type === "net" || node.modifier !== undefined;
  const { test } = compareConstants(
    left.type,
    node.operator,
    undefined,
    firstOnly ? constants.slice(0, 1) : constants,
  );
  if (node.operator === "!=" && unequal === "every") {
    return {
      test: (event) => {
        const values = read(event);
        return values !== undefined && values.length > 0 && values.every(test);
      },
    };
  }
  return {
    test: (event) => {
      const values = read(event);
      if (values === undefined) return false;
      for (const value of values) if (test(value)) return true;
      return false;
    },
  };
}

function compileList<E extends RuleEvent>(
  node: CompareNode,
  left: Source<E>,
  constants: readonly string[],
): CompiledCheck<E> | undefined {
  if (node.operator !== "in" && node.operator !== "intersects") return undefined;
  const { test } = compareConstants(left.type, "in", undefined, constants);
  const { read } = left;
  const all = node.operator === "in";
  return {
    test: (event) => {
      const values = read(event);
      if (values === undefined || !isList(values)) return false;
      return all ? values.every(test) : values.some(test);
    },
  };
}

function compileTwoSides<E extends RuleEvent>(
  node: CompareNode,
  left: Source<E>,
  context: SourceContext<E>,
): CompiledCheck<E> | undefined {
  const right =
    node.right.kind === "value" || node.right.kind === "transformer"
      ? sourceOf(node.right, context)
      : undefined;
  if (right === undefined) return undefined;
  const { operator } = node;
  const { read } = left;
  const { read: readRight } = right;
  const sealed = right.transformed && right.type === "text";
  return {
    test: (event) => {
      const value = read(event);
      if (value === undefined) return false;
      const other = readRight(event);
      return other !== undefined && compareValues(operator, value, other, sealed);
    },
  };
}

function isSetOperator({ operator }: CompareNode): boolean {
  return operator === "in" || operator === "intersects";
}

function isRawArgument(left: LeftSide): boolean {
  return left.kind === "field" && fieldRequest(left).name === "evt.rawarg";
}

/**
 * Falco looks some values up in sets without their length, so that numbers and addresses are never found: `fd.ip in (…)`,
 * `proc.apid in (…)` and `evt.rawarg.… in (…)` are always false.
 */
function hasLooseLength(left: LeftSide): boolean {
  if (left.kind !== "field") return false;
  const { name, argument } = fieldRequest(left);
  return (
    name === "fd.ip" || name === "evt.rawarg" || (name === "proc.apid" && argument === undefined)
  );
}
