import { errorAt, type Diagnostic, type Span } from "@ocelli/bpf";

import * as core from "../author/core.ts";
import * as helpers from "../author/helpers.ts";
import type { MapShape } from "../author/map-shape.ts";
import * as maps from "../author/maps.ts";
import * as memory from "../author/memory.ts";
import * as moreHelpers from "../author/more-helpers.ts";
import * as moreMaps from "../author/more-maps.ts";
import * as programs from "../author/programs.ts";
import * as functions from "../author/functions.ts";
import * as schemas from "../author/schema.ts";
import * as variables from "../author/variables.ts";
import * as headers from "../author/vmlinux.ts";
import type { Expression, FunctionExpression, Module } from "../parse/ast.ts";
import { putInScope } from "./scopes.ts";

/** What a name of a module stands for. */
export type Entity =
  | { readonly kind: "constant"; readonly value: bigint; readonly big: boolean }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  | {
      readonly kind: "schema";
      readonly schema: schemas.Schema<unknown>;
      readonly conversion: boolean;
    }
  | { readonly kind: "map"; readonly name: string; readonly shape: MapShape }
  | {
      readonly kind: "variable";
      readonly name: string;
      readonly variable: variables.Config<bigint | number> | variables.Global<bigint | number>;
    }
  | {
      readonly kind: "program";
      readonly name: string;
      readonly program: programs.Program;
      readonly body: FunctionExpression;
    }
  | {
      readonly kind: "function";
      readonly name: string;
      readonly value: FunctionExpression;
      /** Called rather than inlined. */
      readonly linkage?: "static" | "global";
    }
  | { readonly kind: "builtin"; readonly name: string }
  | { readonly kind: "list"; readonly elements: readonly Entity[] }
  | { readonly kind: "record"; readonly fields: Readonly<Record<string, Entity>> }
  | { readonly kind: "unknown" };

/** The names of a module with what they stand for, in the order of their declaration. */
export type Entities = ReadonlyMap<string, Entity>;

const UNKNOWN: Entity = { kind: "unknown" };
const LIBRARY: Readonly<Record<string, unknown>> = {
  ...functions,
  ...maps,
  ...moreMaps,
  ...programs,
  ...schemas,
  ...variables,
};
const HELPERS: ReadonlySet<string> = new Set(
  [core, helpers, memory, moreHelpers].flatMap((one) => Object.keys(one)),
);

/** Finds what another module of the person's own declares, by the path that an import names. */
export type ModuleImports = (from: string, span: Span) => Entities | undefined;

/**
 * Works out the constants of a module without running it: schemas, maps and programs are made by the very functions that the
 * authoring API exports, so that both sides see the same values.
 */
export function evaluateModule(
  module: Module,
  diagnostics: Diagnostic[],
  imports: ModuleImports = () => undefined,
): Entities {
  const entities = new Map<string, Entity>();
  for (const { local, imported, from, span } of module.imports) {
    const entity = from.startsWith(".")
      ? imports(from, span)?.get(imported)
      : importedEntity(imported, from);
    if (entity === undefined && from.startsWith("."))
      diagnostics.push(
        errorAt(
          "unknown-import",
          span,
          `Cannot import "${imported}" from "${from}": there is no such module, or it declares no such name`,
          "Check the path, which ends in .ts, and the spelling",
        ),
      );
    else if (entity === undefined)
      diagnostics.push(
        errorAt(
          "unknown-import",
          span,
          `Cannot import "${imported}" from "${from}": the compiler knows no such name`,
          "Import from @ocelli/compiler or @ocelli/compiler/vmlinux",
        ),
      );
    entities.set(local, entity ?? UNKNOWN);
  }
  for (const { name, value } of module.declarations) {
    if (entities.has(name)) continue;
    const entity = nameEntity(name, evaluate(value, entities, diagnostics));
    if (entity.kind === "function") putInScope(entity.value, entities);
    if (entity.kind === "program") putInScope(entity.body, entities);
    entities.set(name, entity);
  }
  return entities;
}

function nameEntity(name: string, entity: Entity): Entity {
  switch (entity.kind) {
    case "map":
    case "variable":
    case "program":
    case "function":
      return { ...entity, name };
    default:
      return entity;
  }
}

function importedEntity(name: string, from: string): Entity | undefined {
  if (from === "@ocelli/compiler/vmlinux") {
    const value: unknown = new Map<string, unknown>(Object.entries(headers)).get(name);
    return isSchema(value) ? { kind: "schema", schema: value, conversion: false } : undefined;
  }
  if (from !== "@ocelli/compiler") return undefined;
  if (HELPERS.has(name)) return { kind: "builtin", name };
  const value = LIBRARY[name];
  if (isSchema(value))
    return { kind: "schema", schema: value, conversion: typeof value === "function" };
  if (typeof value === "function") return { kind: "builtin", name };
  return value === undefined ? undefined : toEntity(value, undefined);
}

function isSchema(value: unknown): value is schemas.Schema<unknown> {
  return (
    (typeof value === "function" || (typeof value === "object" && value !== null)) &&
    "layout" in value &&
    "size" in value
  );
}

/** A value of the authoring API as an entity. */
function toEntity(value: unknown, body: FunctionExpression | undefined): Entity {
  if (typeof value === "number") return { kind: "constant", value: BigInt(value), big: false };
  if (typeof value === "bigint") return { kind: "constant", value, big: true };
  if (typeof value === "string") return { kind: "text", value };
  if (typeof value === "boolean") return { kind: "boolean", value };
  if (isSchema(value)) return { kind: "schema", schema: value, conversion: false };
  if (typeof value !== "object" || value === null) return UNKNOWN;
  const kind = "kind" in value ? value.kind : undefined;
  // The functions of the authoring API are the only ones that make these kinds.
  if (kind === "map") return { kind: "map", name: "", shape: value as MapShape };
  if (kind === "config" || kind === "global")
    return { kind: "variable", name: "", variable: value as variables.Config<bigint> };
  if (kind === "program")
    return body === undefined
      ? UNKNOWN
      : { kind: "program", name: "", program: value as programs.Program, body };
  const fields = Object.entries(value).map(
    ([key, one]) => [key, toEntity(one, undefined)] as const,
  );
  return { kind: "record", fields: Object.fromEntries(fields) };
}

/** The JavaScript value that stands for an entity in a call of the authoring API. */
function toValue(entity: Entity): unknown {
  switch (entity.kind) {
    case "constant":
      return entity.big ? entity.value : Number(entity.value);
    case "text":
    case "boolean":
      return entity.value;
    case "schema":
      return entity.schema;
    case "map":
      return entity.shape;
    case "list":
      return entity.elements.map(toValue);
    case "record":
      return Object.fromEntries(
        Object.entries(entity.fields).map(([key, one]) => [key, toValue(one)]),
      );
    case "function":
      return toValue;
    default:
      return undefined;
  }
}

function evaluate(node: Expression, entities: Entities, diagnostics: Diagnostic[]): Entity {
  const inner = (one: Expression): Entity => evaluate(one, entities, diagnostics);
  const refuse = (span: Span, what: string, fix: string): Entity => {
    diagnostics.push(
      errorAt("not-constant", span, `Cannot work out ${what} before the program runs`, fix),
    );
    return UNKNOWN;
  };
  switch (node.kind) {
    case "number":
      return { kind: "constant", value: BigInt(node.value), big: false };
    case "bigint":
      return { kind: "constant", value: node.value, big: true };
    case "string":
      return { kind: "text", value: node.value };
    case "boolean":
      return { kind: "boolean", value: node.value };
    case "function":
      return { kind: "function", name: "", value: node };
    case "name":
      return (
        entities.get(node.name) ??
        refuse(node.span, `"${node.name}"`, "Declare it above, or import it")
      );
    case "object": {
      const fields = node.fields.map(({ name, value }) => [name, inner(value)] as const);
      return { kind: "record", fields: Object.fromEntries(fields) };
    }
    case "array":
      return { kind: "list", elements: node.elements.map(inner) };
    case "member": {
      const object = inner(node.object);
      if (object.kind === "schema" && object.schema.layout.kind === "int") {
        const value = object.schema.layout.names?.values[node.name];
        if (value !== undefined) return { kind: "constant", value: BigInt(value), big: false };
      }
      const found = object.kind === "record" ? object.fields[node.name] : undefined;
      return found ?? refuse(node.span, `".${node.name}"`, "Name a member of a constant object");
    }
    case "unary": {
      const operand = inner(node.operand);
      if (operand.kind === "constant" && node.operator === "-")
        return { ...operand, value: -operand.value };
      return refuse(node.span, "this", "Write the number out");
    }
    case "binary": {
      const left = inner(node.left);
      const right = inner(node.right);
      if (left.kind !== "constant" || right.kind !== "constant" || left.big !== right.big)
        return refuse(node.span, "this", "Use two numbers, or two bigints");
      const value = CONSTANT_OPERATORS[node.operator]?.(left.value, right.value);
      return value === undefined
        ? refuse(node.span, `"${node.operator}"`, "Write the number out")
        : { kind: "constant", value, big: left.big };
    }
    case "call":
      return evaluateCall(node, inner, refuse);
    default:
      return refuse(node.span, "this expression", "Use numbers, schemas, maps and programs");
  }
}

const CONSTANT_OPERATORS: Readonly<Record<string, ((a: bigint, b: bigint) => bigint) | undefined>> =
  {
    "+": (a, b) => a + b,
    "-": (a, b) => a - b,
    "*": (a, b) => a * b,
    "&": (a, b) => a & b,
    "|": (a, b) => a | b,
    "^": (a, b) => a ^ b,
    "<<": (a, b) => (b >= 0n && b < 64n ? a << b : 0n),
  };

function evaluateCall(
  node: Expression & { readonly kind: "call" },
  inner: (one: Expression) => Entity,
  refuse: (span: Span, what: string, fix: string) => Entity,
): Entity {
  const callee = inner(node.callee);
  if (callee.kind === "unknown") return UNKNOWN;
  const make = callee.kind === "builtin" ? LIBRARY[callee.name] : undefined;
  if (typeof make !== "function")
    return refuse(node.span, "this call", "Call a function of @ocelli/compiler");
  const args = node.args.map(inner);
  if (
    callee.kind === "builtin" &&
    (callee.name === "staticFunction" || callee.name === "globalFunction")
  ) {
    const [value] = args;
    const linkage = callee.name === "staticFunction" ? "static" : "global";
    return value?.kind === "function"
      ? { ...value, linkage }
      : refuse(node.span, "this call", "Give it a function: staticFunction((a: u32) => …)");
  }
  if (args.some(({ kind }) => kind === "unknown")) return UNKNOWN;
  const body = args.flatMap((one) => (one.kind === "function" ? [one.value] : [])).at(-1);
  try {
    const values = args.map(toValue);
    // The authoring API's own functions; what does not fit them throws, and becomes a diagnostic.
    const made: unknown = Reflect.apply(make, undefined, values);
    return toEntity(made, body);
  } catch (error) {
    return refuse(
      node.span,
      "this call",
      error instanceof RangeError
        ? error.message
        : "Check the arguments against the types that the editor shows",
    );
  }
}
