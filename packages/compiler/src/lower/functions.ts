import type { Span } from "@ocelli/bpf";

import type { Value } from "../ir/ir.ts";
import type { Entity } from "../types/evaluate.ts";
import { intType, namedType, scalarType, typeName, type Type } from "../types/type.ts";
import { describeOperand, toType } from "./convert.ts";
import { hold } from "./hold.ts";
import type { Expression } from "../parse/ast.ts";
import type { LoweredFunction, Lowerer } from "./lowerer.ts";
import { addressOf } from "./memory.ts";
import { FAILED, type Operand } from "./operand.ts";

type Call = Expression & { readonly kind: "call" };
type FunctionEntity = Entity & { readonly kind: "function" };

/** What a function is called with: a value, or the context, which needs no argument of its own. */
type Argument =
  | {
      readonly kind: "value";
      readonly type: Type;
      readonly value: () => Value;
      readonly isNonNull: boolean;
    }
  | { readonly kind: "context" };

const MOST_ARGUMENTS = 5;

/** Lowers the call of a function that is not inlined. */
export function callSubprogram(low: Lowerer, entity: FunctionEntity, node: Call): Operand {
  const { builder } = low;
  const args: Argument[] = [];
  for (const [index, one] of node.args.entries()) {
    const annotation = entity.value.parameters[index]?.type ?? "";
    const argument = readArgument(low, entity, one, namedType(annotation));
    if (argument === undefined) return FAILED;
    args.push(argument);
  }
  if (args.length < entity.value.parameters.length)
    return low.refuse(
      "missing-argument",
      node.span,
      `Cannot call "${entity.name}": it wants ${entity.value.parameters.length} arguments`,
      "Give all arguments",
    );
  const target = findFunction(low, entity, args, node.span);
  if (target === undefined) return FAILED;
  const values = args.flatMap((one) => (one.kind === "value" ? [one.value()] : []));
  if (values.length + (target.takesContext ? 1 : 0) > MOST_ARGUMENTS)
    return low.refuse(
      "argument-count",
      node.span,
      `Cannot call "${entity.name}": it takes more than ${MOST_ARGUMENTS} arguments`,
      "Put some of them into a struct; what needs the context passes it, too",
    );
  builder.span = node.span;
  const result = builder.emit({
    op: "call-function",
    name: target.name,
    args: target.takesContext ? [builder.context(), ...values] : values,
  });
  return target.result === undefined
    ? { kind: "void" }
    : { kind: "value", type: target.result, value: result };
}

function readArgument(
  low: Lowerer,
  { name, linkage }: FunctionEntity,
  node: Expression,
  wanted: Type | undefined,
): Argument | undefined {
  const operand = low.expression(node, wanted);
  if (operand.kind === "failed") return undefined;
  if (operand.kind === "context" && linkage === "static") return { kind: "context" };
  const isStruct = operand.kind === "place" && scalarType(operand.layout) === undefined;
  if (isStruct && linkage === "static") {
    const type: Type = {
      kind: "reference",
      layout: operand.layout,
      memory: operand.memory,
      boxed: false,
    };
    return keep(low, type, addressOf(low, operand), true);
  }
  const type: Type | undefined =
    wanted ??
    (operand.kind === "value"
      ? operand.type
      : operand.kind === "literal"
        ? intType(operand.big ? 64 : 32, operand.value < 0n)
        : operand.kind === "place"
          ? scalarType(operand.layout)
          : undefined);
  const isNumber = type?.kind === "int" || type?.kind === "bool" || type?.kind === "be";
  if (type === undefined || (linkage === "global" && (!isNumber || wanted === undefined))) {
    low.refuse(
      "argument-type",
      node.span,
      `Cannot call "${name}" with ${describeOperand(operand)}: ${linkage === "global" ? "a global function takes numbers whose types are written down" : "it is no value"}`,
      linkage === "global"
        ? "Write (value: u32) => …, or use staticFunction()"
        : "Give a number, or a reference",
    );
    return undefined;
  }
  const value = toType(low, operand, type, node.span);
  return value === undefined ? undefined : keep(low, type, value, low.builder.isNonNull(value));
}

function keep(low: Lowerer, type: Type, value: Value, isNonNull: boolean): Argument {
  const held = hold(low, { kind: "value", type, value });
  return {
    kind: "value",
    type,
    isNonNull,
    value: () => {
      const now = held();
      return now.kind === "value" ? now.value : value;
    },
  };
}

/** The function for these kinds of arguments: lowered when it is called so for the first time. */
function findFunction(
  low: Lowerer,
  entity: FunctionEntity,
  args: readonly Argument[],
  span: Span,
): LoweredFunction | undefined {
  const { functions } = low;
  const linkage = entity.linkage ?? "static";
  const kinds = args.map((one) =>
    one.kind === "context"
      ? "context"
      : `${typeName(one.type)}${one.isNonNull ? "!" : ""}${one.type.kind === "reference" ? one.type.memory : ""}`,
  );
  const place = entity.value.span;
  const key = `${low.kind} ${place.section ?? ""}:${place.offset} ${linkage} ${kinds.join(", ")}`;
  if (functions.has(key)) {
    const known = functions.get(key);
    if (known === undefined)
      low.refuse(
        "recursion",
        span,
        `Cannot call "${entity.name}" here: it calls itself`,
        "Use a loop",
      );
    return known;
  }
  functions.set(key, undefined);
  const made = lowerFunction(low, entity, args, uniqueName(low, entity.name), linkage);
  if (made === undefined) functions.delete(key);
  else functions.set(key, made);
  return made;
}

/** A name that no other function and no program has. */
export function uniqueName(low: Lowerer, wanted: string): string {
  const taken = new Set([...low.functions.values()].map((one) => one?.name));
  for (const [name, entity] of low.entities) if (entity.kind === "program") taken.add(name);
  let name = wanted;
  for (let count = 2; taken.has(name); count += 1) name = `${wanted}_${count}`;
  return name;
}

function lowerFunction(
  low: Lowerer,
  entity: FunctionEntity,
  args: readonly Argument[],
  name: string,
  linkage: "static" | "global",
): LoweredFunction | undefined {
  const inner = low.derive(name);
  const { builder } = inner;
  const { value: body } = entity;
  builder.span = body.span;
  builder.current.span = body.span;
  const parameters: { readonly name: string; readonly type: Type }[] = [];
  const operands = args.map((one, index): Operand => {
    if (one.kind === "context") return { kind: "context" };
    const number = parameters.length;
    parameters.push({ name: body.parameters[index]?.name ?? `arg${index}`, type: one.type });
    const given = builder.parameter(number);
    const { type } = one;
    const bits =
      type.kind === "int" || type.kind === "be" ? type.bits : type.kind === "bool" ? 8 : 64;
    const value = one.isNonNull
      ? builder.emit({ op: "nonnull", value: given })
      : // Nobody says what a global function is called with.
        linkage === "global" && bits !== 64
        ? builder.extend(type.kind === "int" && type.signed, bits, given)
        : given;
    return { kind: "value", type, value };
  });
  const result = inner.inline(body, operands, body.span, entity.name);
  if (result.kind === "failed") return undefined;
  const isStack =
    result.kind === "value" &&
    ((result.type.kind === "reference" && result.type.memory !== "map") ||
      (linkage === "global" &&
        (result.type.kind === "reference" || result.type.kind === "kernel")));
  if (isStack) {
    inner.refuse(
      "result-type",
      body.span,
      `Cannot return ${describeOperand(result)} from "${entity.name}": the verifier lets only numbers and values of maps out of a function`,
      "Return a number",
    );
    return undefined;
  }
  builder.leave(result.kind === "value" ? result.value : builder.constant(0n));
  const takesContext = shiftForContext(inner);
  if (takesContext && linkage === "global") {
    inner.refuse(
      "global-context",
      body.span,
      `Cannot make "${entity.name}" a global function: it needs the program's context`,
      "Use staticFunction()",
    );
    return undefined;
  }
  return {
    name,
    linkage,
    ir: builder.program,
    result: result.kind === "value" ? result.type : undefined,
    takesContext,
    parameters,
  };
}

/** Makes room for the context in front of the parameters, if the function needs it. */
function shiftForContext({ builder }: Lowerer): boolean {
  const { values } = builder.program;
  if (![...values.values()].some(({ op }) => op === "context")) return false;
  for (const one of values.values())
    if (one.op === "parameter") values.set(one.id, { ...one, index: one.index + 1 });
  return true;
}
