// Checks an expression against the types of its variables and turns it into closures, in one walk. What is wrong is
// collected, with the type `error` in its place so that one mistake is told once.
import type { DescEnum } from "@bufbuild/protobuf";

import type { Expr } from "./ast.ts";
import { celField } from "./field.ts";
import { CEL_FUNCTIONS } from "./functions.ts";
import { compileMacro } from "./macro.ts";
import { CelRuntimeError } from "./problem.ts";
import { refuse, type Compiled, type Frame, type Scope } from "./program.ts";
import { CEL, fits, join, showType, type CelType } from "./types.ts";
import {
  celEquals,
  CelTypeValue,
  findEntry,
  isMap,
  MessageValue,
  Uint,
  type CelValue,
} from "./values.ts";

const FAILED: Compiled = { type: CEL.error, run: () => null };
const TYPE_NAMES = new Set([
  "bool",
  "int",
  "uint",
  "double",
  "string",
  "bytes",
  "list",
  "map",
  "null_type",
  "type",
]);

/** Compiles `expr`; problems go to `scope.problems`. */
export function compileExpr(expr: Expr, scope: Scope): Compiled {
  switch (expr.kind) {
    case "literal": {
      const { value } = expr;
      const constant: CelValue =
        expr.type === "uint" && typeof value === "bigint" ? new Uint(value) : value;
      return { type: CEL[expr.type], run: () => constant };
    }
    case "ident": {
      const found = resolveName(expr.name, scope);
      if (found !== undefined) return found;
      const name = expr.name.replace(/^\./, "");
      return refuse(
        scope,
        expr.at,
        `undeclared reference to '${name}' (in container '${scope.container}')`,
      );
    }
    case "select":
      return compileSelect(expr, scope);
    case "call":
      return compileCall(expr, scope);
    case "list": {
      const items = expr.items.map((item) => compileExpr(item, scope));
      const item = items.length === 0 ? CEL.dyn : items.map(({ type }) => type).reduce(join);
      return { type: { kind: "list", item }, run: (frame) => items.map(({ run }) => run(frame)) };
    }
    case "map":
      return compileMap(expr, scope);
    case "macro":
      return compileMacro(expr, scope, compileExpr);
  }
}

function resolveName(name: string, scope: Scope): Compiled | undefined {
  const candidates = name.startsWith(".") ? [name.slice(1)] : [`${scope.container}.${name}`, name];
  for (const candidate of candidates) {
    const variable = scope.variables.findLast((one) => one.name === candidate);
    if (variable !== undefined) {
      const { type, slot } = variable;
      return { type, run: ({ slots }) => slots[slot] ?? null };
    }
    const constant = enumValue(candidate, scope.enums);
    if (constant !== undefined) return { type: CEL.int, run: () => constant };
    const isType =
      TYPE_NAMES.has(candidate) || scope.messages.some(({ typeName }) => typeName === candidate);
    if (isType) {
      const value = new CelTypeValue(candidate);
      return { type: { kind: "type", of: candidate }, run: () => value };
    }
  }
  return undefined;
}

function enumValue(name: string, enums: readonly DescEnum[]): bigint | undefined {
  const dot = name.lastIndexOf(".");
  if (dot < 0) return undefined;
  const owner = enums.find(({ typeName }) => typeName === name.slice(0, dot));
  const value = owner?.values.find((one) => one.name === name.slice(dot + 1));
  return value === undefined ? undefined : BigInt(value.number);
}

function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === "ident") return expr.name;
  if (expr.kind !== "select" || expr.test) return undefined;
  const before = qualifiedName(expr.operand);
  return before === undefined ? undefined : `${before}.${expr.field}`;
}

function compileSelect(expr: Expr & { kind: "select" }, scope: Scope): Compiled {
  const name = qualifiedName(expr);
  const found = name === undefined ? undefined : resolveName(name, scope);
  if (found !== undefined) return found;
  const { at, field: name_, test } = expr;
  const operand = compileExpr(expr.operand, scope);
  const { type, run } = operand;
  switch (type.kind) {
    case "error":
      return FAILED;
    case "message": {
      const field = celField(type.desc, name_);
      if (field === undefined) return refuse(scope, at, `undefined field '${name_}'`);
      const { read, isSet } = field;
      if (test) return { type: CEL.bool, run: (frame) => isSet(messageOf(run(frame))) };
      return { type: field.type, run: (frame) => read(messageOf(run(frame))) };
    }
    case "map":
    case "dyn":
    case "any": {
      const result = type.kind === "map" ? type.value : CEL.dyn;
      return {
        type: test ? CEL.bool : result,
        run: (frame) => selectDynamic(run(frame), name_, test),
      };
    }
    case "bool":
    case "int":
    case "uint":
    case "double":
    case "string":
    case "bytes":
    case "null":
    case "timestamp":
    case "duration":
    case "list":
    case "wrapper":
    case "type":
      return refuse(scope, at, `type '${showType(type)}' does not support field selection`);
  }
}

function messageOf(value: CelValue): MessageValue["message"] {
  if (value instanceof MessageValue) return value.message;
  throw new CelRuntimeError("no such overload");
}

function selectDynamic(value: CelValue, name: string, test: boolean): CelValue {
  if (value instanceof MessageValue) {
    const field = celField(value.desc, name);
    if (field === undefined) throw new CelRuntimeError(`no such field '${name}'`);
    return test ? field.isSet(value.message) : field.read(value.message);
  }
  if (!isMap(value)) throw new CelRuntimeError("no such overload");
  const entry = findEntry(value, name);
  if (test) return entry !== undefined;
  if (entry === undefined) throw new CelRuntimeError(`no such key: ${name}`);
  return entry.value;
}

function compileMap(expr: Expr & { kind: "map" }, scope: Scope): Compiled {
  const entries = expr.entries.map(({ key, value }) => ({
    key: compileExpr(key, scope),
    value: compileExpr(value, scope),
  }));
  const key = entries.length === 0 ? CEL.dyn : entries.map((one) => one.key.type).reduce(join);
  const value = entries.length === 0 ? CEL.dyn : entries.map((one) => one.value.type).reduce(join);
  return {
    type: { kind: "map", key, value },
    run: (frame) => ({
      entries: entries.map((entry) => ({
        key: entry.key.run(frame),
        value: entry.value.run(frame),
      })),
    }),
  };
}

function compileCall(expr: Expr & { kind: "call" }, scope: Scope): Compiled {
  const { name, at, target } = expr;
  const operands = target === undefined ? expr.args : [target, ...expr.args];
  const plain = name.replace(/^\./, "");
  const special = ["_&&_", "_||_", "_?_:_", "_==_", "_!=_"].includes(plain);
  const callee = CEL_FUNCTIONS.get(plain);
  if (!special && callee === undefined) {
    for (const operand of operands) compileExpr(operand, scope);
    const message = `undeclared reference to '${plain}' (in container '${scope.container}')`;
    return refuse(scope, at, message);
  }
  const args = operands.map((operand) => compileExpr(operand, scope));
  const types = args.map(({ type }) => type);
  const runs = args.map(({ run }) => run);
  const result = resultOf(plain, types, target !== undefined);
  if (types.some(({ kind }) => kind === "error")) return FAILED;
  if (result === undefined) {
    const shown = types.map((type) => showType(type));
    const applied =
      target === undefined
        ? `(${shown.join(", ")})`
        : `${shown[0] ?? ""}.(${shown.slice(1).join(", ")})`;
    return refuse(scope, at, `found no matching overload for '${plain}' applied to '${applied}'`);
  }
  const [first, second, third] = runs;
  if (first !== undefined && second !== undefined) {
    switch (plain) {
      case "_&&_":
        return { type: result, run: (frame) => connect(first, second, frame, false) };
      case "_||_":
        return { type: result, run: (frame) => connect(first, second, frame, true) };
      case "_==_":
        return { type: result, run: (frame) => celEquals(first(frame), second(frame)) };
      case "_!=_":
        return { type: result, run: (frame) => !celEquals(first(frame), second(frame)) };
      case "_?_:_":
        return {
          type: result,
          run: (frame) => {
            const condition = first(frame);
            if (typeof condition !== "boolean") throw new CelRuntimeError("no such overload");
            return condition ? second(frame) : (third?.(frame) ?? null);
          },
        };
      default:
    }
  }
  const call = callee?.run ?? ((): CelValue => null);
  return { type: result, run: (frame) => call(runs.map((run) => run(frame))) };
}

/** `&&` and `||`: an error on one side does not matter when the other side decides. */
function connect(
  left: Compiled["run"],
  right: Compiled["run"],
  frame: Frame,
  deciding: boolean,
): CelValue {
  let failure: unknown;
  for (const run of [left, right]) {
    try {
      const value = run(frame);
      if (value === deciding) return deciding;
      if (typeof value !== "boolean") failure = new CelRuntimeError("no such overload");
    } catch (error) {
      if (!(error instanceof CelRuntimeError) || frame.steps <= 0) throw error;
      failure = error;
    }
  }
  if (failure !== undefined) throw failure;
  return !deciding;
}

/** The type a call gives, or undefined where no form takes the arguments. */
function resultOf(name: string, types: readonly CelType[], method: boolean): CelType | undefined {
  const [first = CEL.error, second = CEL.error, third = CEL.error] = types;
  switch (name) {
    case "_&&_":
    case "_||_":
      return types.every((type) => fits(type, CEL.bool)) ? CEL.bool : undefined;
    case "_==_":
    case "_!=_":
      return fits(first, second) ? CEL.bool : undefined;
    case "_?_:_":
      if (!fits(first, CEL.bool) || !fits(second, third)) return undefined;
      return join(second, third).kind === "dyn" && second.kind === "wrapper"
        ? second
        : join(second, third);
    case "@in":
      if (second.kind === "list") return fits(first, second.item) ? CEL.bool : undefined;
      if (second.kind === "map") return fits(first, second.key) ? CEL.bool : undefined;
      return fits(second, CEL.dyn) && isDynamic(second) ? CEL.bool : undefined;
    case "_[_]":
      if (first.kind === "list") return fits(second, CEL.int) ? first.item : undefined;
      if (first.kind === "map") return fits(second, first.key) ? first.value : undefined;
      return isDynamic(first) ? CEL.dyn : undefined;
    default:
  }
  const forms = CEL_FUNCTIONS.get(name)?.overloads ?? [];
  const matching = forms.filter(
    (form) =>
      form.method === method &&
      form.params.length === types.length &&
      form.params.every((param, index) => fits(types[index] ?? CEL.error, param)),
  );
  const [form] = matching;
  if (form === undefined) return undefined;
  if (name === "type") return { kind: "type", of: showType(first) };
  if (name === "_+_" && first.kind === "list" && second.kind === "list") {
    return { kind: "list", item: join(first.item, second.item) };
  }
  // With arguments of unknown type several forms may fit; then the result is unknown, too.
  const results = new Set(matching.map((one) => showType(one.result)));
  return results.size > 1 ? CEL.dyn : form.result;
}

function isDynamic({ kind }: CelType): boolean {
  return kind === "dyn" || kind === "any" || kind === "error";
}
