// How C becomes TypeScript:
//
//   int of 8, 16, 32 bits, char       u8 u16 u32 i8 i16 i32, which are numbers
//   int of 64 and 128 bits            u64 u128 i64 i128, which are bigints
//   _Bool                             bool, a boolean
//   __be16, __be32, __be64            be16 be32 be64: numbers in network byte order
//   float, double                     f32 f64
//   char[n]                           string
//   T[n]                              readonly T[]
//   struct and union x                interface x, of a union with all its members
//   struct without a name             its members stand in the enclosing interface; as the type of a member, { … }
//   pointer to a struct               the interface: to follow it is to read a member
//   any other pointer                 Addr<T>, a bigint
//   enum e                            const e with the values, and type e of those; without a name, a union of values
//   typedef                           what it stands for; a struct or enum without a name takes the typedef's
//   forward declaration               an interface that nothing else is assignable to
//   bit field                         as its type; those without a name are left out
import { errorAt, failure, success, type Result } from "../../diagnostic.ts";
import { resolveType } from "../resolve.ts";
import type { Btf, BtfEnumerator, BtfType, BtfTypeOf } from "../types.ts";
import { createTsNames, propertyName } from "./names.ts";
import { scalarOf, scalarOfTypedef, TS_SCALARS } from "./scalars.ts";

/** What is printed, and how it is wrapped. */
export interface PrintTsOptions {
  /** Only these types and what they reach; every named record and enum when left out. */
  readonly roots?: Iterable<number>;
  /** Of a record named here only these members, and only what those reach. */
  readonly fields?: ReadonlyMap<string, readonly string[]>;
  /** Wraps everything into `declare module "…"`. */
  readonly module?: string;
  /** Takes `u8` and the other scalars, and `Addr`, from this module instead of declaring them. */
  readonly scalarsFrom?: string;
}

const MOST_STEPS = 64;
const MOST_DEPTH = 200;

/**
 * TypeScript declarations of the types, for a `.d.ts` file that compiles in strict mode. The table in this file says
 * what becomes of what. Fails with `btf-print-limit` when damaged BTF would make a text without end.
 */
export function printTs(btf: Btf, options: PrintTsOptions = {}): Result<string> {
  const names = createTsNames([...TS_SCALARS.keys(), "Addr", "opaque"]);
  const printed = new Map<number, string>();
  const waiting: number[] = [];
  const used = new Set<string>();
  let left = 100_000 + btf.endId * 50;
  let depth = 0;

  function scalar(name: string): string {
    used.add(name);
    return name;
  }

  /** The name of a record or enum, which is then declared too. */
  function refer(id: number, name: string): string {
    if (!printed.has(id)) {
      printed.set(id, "");
      waiting.push(id);
    }
    return names.of(id, name);
  }

  function textOf(start: number): string {
    left -= 1;
    if (depth > MOST_DEPTH) left = -1;
    if (left < 0) return "never";
    depth += 1;
    const text = textInside(start);
    depth -= 1;
    return text;
  }

  function textInside(start: number): string {
    let id = start;
    let alias = "";
    for (let step = 0; step < MOST_STEPS; step += 1) {
      const type = btf.type(id);
      switch (type?.kind) {
        case "typedef": {
          const known = scalarOfTypedef(type.name);
          if (known !== undefined) return scalar(known);
          alias = type.name;
          id = type.typeId;
          break;
        }
        case "const":
        case "volatile":
        case "restrict":
        case "type_tag":
          id = type.typeId;
          break;
        default:
          return type === undefined ? "unknown" : plain(id, type, alias);
      }
    }
    return "unknown";
  }

  function plain(id: number, type: BtfType, alias: string): string {
    switch (type.kind) {
      case "int":
      case "float": {
        const known = scalarOf(type);
        return known === undefined ? "unknown" : scalar(known);
      }
      case "ptr":
        return pointer(type);
      case "array":
        return isChar(type.typeId) ? "string" : `readonly ${parenthesise(textOf(type.typeId))}[]`;
      case "struct":
      case "union":
        if (type.name !== "" || alias !== "") return refer(id, type.name || alias);
        return `{ ${members(type)
          .map(([name, typeId]) => `${property(name, typeId)}; `)
          .join("")}}`;
      case "enum":
      case "enum64":
        if (type.name !== "" || alias !== "") return refer(id, type.name || alias);
        left -= type.values.length;
        return type.values.length === 0
          ? scalar(`${type.signed ? "i" : "u"}${type.size * 8}`)
          : [...new Set(type.values.map((each) => literal(each, type)))].join(" | ");
      case "fwd":
        return refer(btf.idsByName(type.name, type.target)[0] ?? id, type.name);
      case "func_proto":
        return signature(type);
      case "var":
      case "func":
        return textOf(type.typeId);
      default:
        return "unknown";
    }
  }

  function pointer(type: BtfTypeOf<"ptr">): string {
    const target = resolveType(btf, type.typeId)?.type;
    const text = textOf(type.typeId);
    if (target?.kind === "struct" || target?.kind === "union" || target?.kind === "fwd")
      return text;
    used.add("Addr");
    return target?.kind === "void" ? "Addr" : `Addr<${text}>`;
  }

  function signature(type: BtfTypeOf<"func_proto">): string {
    const parameters = type.parameters.map(({ typeId }, index) =>
      typeId === 0 ? `...rest: unknown[]` : `a${index}: ${textOf(typeId)}`,
    );
    const result =
      resolveType(btf, type.returnTypeId)?.type.kind === "void"
        ? "void"
        : textOf(type.returnTypeId);
    return `(${parameters.join(", ")}) => ${result}`;
  }

  function isChar(id: number): boolean {
    const type = resolveType(btf, id)?.type;
    return type?.kind === "int" && type.size === 1 && type.name === "char";
  }

  /** Names and types of the members, those of members without a name in their place. */
  function members(type: BtfTypeOf<"struct" | "union">, nested = 0): [string, number][] {
    const list = new Map<string, number>();
    for (const member of type.members) {
      left -= 1;
      if (left < 0 || nested > MOST_DEPTH) break;
      const inner = member.name === "" ? resolveType(btf, member.typeId)?.type : undefined;
      const isRecord = inner?.kind === "struct" || inner?.kind === "union";
      const entries: [string, number][] = isRecord
        ? members(inner, nested + 1)
        : [[member.name, member.typeId]];
      for (const [name, typeId] of entries) {
        if (name === "" || list.has(name)) continue;
        list.set(name, typeId);
      }
    }
    return [...list];
  }

  function property(name: string, typeId: number): string {
    return `readonly ${propertyName(name)}: ${textOf(typeId)}`;
  }

  function declare(id: number): string {
    const type = btf.type(id);
    switch (type?.kind) {
      case "struct":
      case "union": {
        const own = names.of(id, type.name);
        const wanted = options.fields?.get(own);
        const lines = members(type)
          .filter(([name]) => wanted?.includes(name) ?? true)
          .map(([name, typeId]) => `  ${property(name, typeId)};\n`);
        return `export interface ${own} {\n${lines.join("")}}`;
      }
      case "enum":
      case "enum64":
        return enumeration(names.of(id, type.name), type);
      case "fwd":
        used.add("opaque");
        return `export interface ${names.of(id, type.name)} {\n  readonly [opaque]: "${type.target}";\n}`;
      default:
        return type !== undefined && "name" in type && type.name !== ""
          ? `export type ${names.of(id, type.name)} = ${textOf(id)};`
          : "";
    }
  }

  function enumeration(name: string, type: BtfTypeOf<"enum" | "enum64">): string {
    left -= type.values.length;
    if (left < 0) return "";
    if (type.values.length === 0) {
      return `export type ${name} = ${scalar(`${type.signed ? "i" : "u"}${type.size * 8}`)};`;
    }
    const seen = new Set<string>();
    const lines: string[] = [];
    for (const value of type.values) {
      if (seen.has(value.name)) continue;
      seen.add(value.name);
      lines.push(`  readonly ${propertyName(value.name)}: ${literal(value, type)};\n`);
    }
    return `export declare const ${name}: {\n${lines.join("")}};\nexport type ${name} = (typeof ${name})[keyof typeof ${name}];`;
  }

  for (const id of options.roots ?? namedIds(btf)) textOfRoot(id);
  // Printing one type may ask for others.
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    printed.set(id, declare(id));
    if (left < 0) break;
  }
  if (left < 0) {
    const span = { offset: 0, length: btf.bytes.length };
    const message = "Cannot print BTF as TypeScript: types repeat without end";
    return failure(errorAt("btf-print-limit", span, message, "Build the file again"));
  }
  const texts = [...printed].toSorted(([a], [b]) => a - b).map(([, text]) => text);
  return success(
    frame(
      texts.filter((text) => text !== ""),
      used,
      options,
    ),
  );

  function textOfRoot(id: number): void {
    const type = btf.type(id);
    const isNamed = type !== undefined && "name" in type && type.name !== "";
    if (type?.kind === "typedef") {
      // What it stands for takes its name when it has none of its own.
      const target = resolveType(btf, id);
      const anonymous = target !== undefined && "name" in target.type && target.type.name === "";
      const text = textOf(id);
      if (!anonymous && text !== type.name) {
        printed.set(id, `export type ${names.of(id, type.name)} = ${text};`);
      }
    } else if (isNamed) refer(id, type.name);
    else textOf(id);
  }
}

function namedIds(btf: Btf): number[] {
  const ids: number[] = [];
  for (let id = btf.firstId; id < btf.endId; id += 1) {
    const kind = btf.kindOf(id);
    if (kind !== "struct" && kind !== "union" && kind !== "enum" && kind !== "enum64") continue;
    if (btf.nameOf(id) !== "") ids.push(id);
  }
  return ids;
}

function literal({ value }: BtfEnumerator, { kind }: BtfTypeOf<"enum" | "enum64">): string {
  return kind === "enum64" ? `${value}n` : `${value}`;
}

/** What `readonly …[]` would not bind as a whole. */
function parenthesise(text: string): string {
  return /[ |]/.test(text) && !text.startsWith("{") ? `(${text})` : text;
}

function frame(
  texts: readonly string[],
  used: ReadonlySet<string>,
  options: PrintTsOptions,
): string {
  const head: string[] = [];
  const names = [...TS_SCALARS.keys(), "Addr"].filter((name) => used.has(name));
  if (options.scalarsFrom !== undefined && names.length > 0) {
    head.push(`import type { ${names.join(", ")} } from ${JSON.stringify(options.scalarsFrom)};`);
  } else {
    const scalars = names.map((name) => `export type ${name} = ${TS_SCALARS.get(name) ?? ""};`);
    if (used.has("Addr")) scalars.splice(-1, 1, "export type Addr<_T = unknown> = bigint;");
    if (scalars.length > 0) head.push(scalars.join("\n"));
  }
  if (used.has("opaque")) head.push("declare const opaque: unique symbol;");
  const body = [...head, ...texts].join("\n\n");
  if (options.module === undefined) return `${body === "" ? "export {};" : body}\n`;
  // Inside such a block everything is declared already.
  const inside = body.replaceAll(/^(export )?declare /gm, "$1").replaceAll(/^(?=.)/gm, "  ");
  return `declare module ${JSON.stringify(options.module)} {\n${inside}\n}\n`;
}
