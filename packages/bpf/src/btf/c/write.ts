import { resolveType } from "../resolve.ts";
import type { Btf, BtfTypeOf } from "../types.ts";
import { naturalOffset, padding, roundUp, type CLayout } from "./layout.ts";
import type { CNames } from "./names.ts";

/**
 * A typedef whose name every compiler has for a type of its own, 24 bytes on x86-64 and 8 for BPF: what is behind it is
 * printed instead.
 */
export const BUILTIN = "__builtin_va_list";

/** Longer chains than this are taken for a circle. */
const MOST_STEPS = 64;
/** Bodies inside bodies and functions that take functions: vmlinux has 10 at most. */
const MOST_DEPTH = 200;

/** Writes C. Every piece costs from one budget, so that types inside types cannot make a text without end. */
export interface CWriter {
  /** The declaration of `name` with the type `id`, without a semicolon. Tabs start the lines of a body. */
  declare(id: number, name: string, tabs?: string): string;
  /** A struct, union or enum with its body; `tag` empty for an anonymous one. */
  define(id: number, tag: string, tabs?: string): string;
  /** Whether an anonymous enum has been written, whose enumerators exist once. */
  isWritten(id: number): boolean;
  /** Whether the budget is used up; the text is of no use then. */
  isExhausted(): boolean;
}

/** Makes a writer. `budget` counts declarations and enumerators. */
export function createCWriter(btf: Btf, names: CNames, layout: CLayout, budget: number): CWriter {
  let left = budget;
  let depth = 0;
  const enums = new Set<number>();

  function declare(start: number, startName: string, tabs = ""): string {
    left -= 1;
    if (depth > MOST_DEPTH) left = -1;
    if (left < 0) return "";
    depth += 1;
    const text = declareInside(start, startName, tabs);
    depth -= 1;
    return text;
  }

  function declareInside(start: number, startName: string, tabs: string): string {
    let id = start;
    let name = startName;
    // Qualifiers seen since the last pointer, inner ones first.
    let qualifiers: string[] = [];
    for (let step = 0; step < MOST_STEPS; step += 1) {
      const type = btf.type(id);
      switch (type?.kind) {
        case "const":
        case "volatile":
        case "restrict":
          // Said of an array and of its elements, it may be there twice.
          if (!qualifiers.includes(type.kind)) qualifiers.push(type.kind);
          id = type.typeId;
          break;
        case "type_tag":
          qualifiers.push(
            `__attribute__((${type.attribute ? type.name : `btf_type_tag("${type.name}")`}))`,
          );
          id = type.typeId;
          break;
        case "ptr": {
          const own =
            qualifiers.length === 0 ? "" : `${qualifiers.join(" ")}${name === "" ? "" : " "}`;
          name = `*${own === "" ? "" : ` ${own}`}${name}`;
          qualifiers = [];
          id = type.typeId;
          if (bindsTighter(id)) name = `(${name})`;
          break;
        }
        case "typedef":
          if (type.name !== BUILTIN) return plain(id);
          id = type.typeId;
          break;
        case "array":
          name += `[${type.length}]`;
          id = type.typeId;
          break;
        case "func_proto":
          name += `(${parameters(type, tabs)})`;
          qualifiers = [];
          id = type.returnTypeId;
          break;
        default:
          return plain(id);
      }
    }
    return `void ${name}`;

    function plain(base: number): string {
      // `restrict` is of pointers only.
      const words = [...qualifiers.filter((word) => word !== "restrict"), baseName(base, tabs)];
      return name === "" ? words.join(" ") : `${words.join(" ")} ${name}`;
    }
  }

  /** Arrays and functions bind tighter than the star of a pointer to them. */
  function bindsTighter(start: number): boolean {
    let id = start;
    for (let step = 0; step < MOST_STEPS; step += 1) {
      const type = btf.type(id);
      switch (type?.kind) {
        case "const":
        case "volatile":
        case "restrict":
        case "type_tag":
          id = type.typeId;
          break;
        default:
          return type?.kind === "array" || type?.kind === "func_proto";
      }
    }
    return false;
  }

  function parameters(proto: BtfTypeOf<"func_proto">, tabs: string): string {
    const list = proto.parameters;
    if (list.length === 0) return "void";
    return list
      .map(({ name, typeId }, index) => {
        const last = index === list.length - 1;
        if (typeId === 0 && name === "" && last) return list.length === 1 ? "" : "...";
        return declare(typeId, "", tabs);
      })
      .join(", ");
  }

  function baseName(id: number, tabs: string): string {
    const type = btf.type(id);
    switch (type?.kind) {
      case "int":
      case "float":
        return COMPILER_TYPES.get(type.name) ?? type.name;
      case "typedef":
        return names.typedef(id);
      case "fwd":
        return `${type.target} ${names.tag(id)}`;
      case "struct":
      case "union":
        return type.name === "" ? define(id, "", tabs) : `${type.kind} ${names.tag(id)}`;
      case "enum":
      case "enum64":
        if (type.values.length === 0 || (type.name === "" && enums.has(id))) return integer(type);
        return type.name === "" ? define(id, "", tabs) : `enum ${names.tag(id)}`;
      default:
        return "void";
    }
  }

  function define(id: number, tag: string, tabs = ""): string {
    const type = btf.type(id);
    if (type?.kind === "enum" || type?.kind === "enum64") return defineEnum(id, type, tag, tabs);
    if (type?.kind !== "struct" && type?.kind !== "union") return "";
    const { fields, align, packed } = layout.record(id, type);
    const lines: string[] = [];
    let end = 0;
    for (const field of fields) {
      if (left < 0) return "";
      if (type.kind === "struct" && naturalOffset(end, field, packed) < field.offsetBits) {
        lines.push(...padding(end, field.offsetBits));
      }
      const width = field.widthBits === 0 ? "" : `: ${field.widthBits}`;
      lines.push(`${member(field.typeId, field.name, `${tabs}\t`)}${width}`);
      const fieldEnd = field.offsetBits + (field.widthBits || field.size * 8);
      end = Math.max(end, fieldEnd);
    }
    if (roundUp(end, align * 8) < type.size * 8) {
      if (type.kind === "union") lines.push(`char __pad_0[${type.size}]`);
      else lines.push(...padding(end, type.size * 8));
    }
    const head = tag === "" ? type.kind : `${type.kind} ${tag}`;
    const tail = packed ? " __attribute__((packed))" : "";
    if (lines.length === 0) return `${head} {}${tail}`;
    return `${head} {\n${lines.map((line) => `${tabs}\t${line};\n`).join("")}${tabs}}${tail}`;
  }

  function member(id: number, name: string, tabs: string): string {
    const resolved = name === "" ? resolveType(btf, id) : undefined;
    const kind = resolved?.type.kind;
    if (resolved === undefined || (kind !== "struct" && kind !== "union"))
      return declare(id, name, tabs);
    // A named record without a member name needs -fms-extensions; a copy of its body needs nothing.
    left -= 1;
    if (depth > MOST_DEPTH) left = -1;
    if (left < 0) return "";
    depth += 1;
    const text = define(resolved.id, "", tabs);
    depth -= 1;
    return text;
  }

  function defineEnum(
    id: number,
    type: BtfTypeOf<"enum" | "enum64">,
    tag: string,
    tabs: string,
  ): string {
    enums.add(id);
    left -= type.values.length;
    if (left < 0) return "";
    const wide = type.kind === "enum64";
    const values = type.values.map(
      ({ name, value }) => `${names.enumerator(name)} = ${literal(value, wide, type.signed)}`,
    );
    const body = values.map((value) => `${tabs}\t${value},\n`).join("");
    const small = type.values.every(({ value }) => value >= -(2 ** 31) && value < 2 ** 32);
    const mode = type.size === 8 && !small ? undefined : MODES.get(type.size);
    const tail = mode === undefined ? "" : ` __attribute__((mode(${mode})))`;
    return `enum${tag === "" ? "" : ` ${tag}`} {\n${body}${tabs}}${tail}`;
  }

  return {
    declare,
    define,
    isWritten: (id) => enums.has(id),
    isExhausted: () => left < 0,
  };
}

/** Machine modes of enums that are not as wide as an int. */
const MODES = new Map([
  [1, "byte"],
  [2, "HI"],
  [8, "DI"],
]);

/** Types that arm64 compilers have built in and that clang does not know for BPF. */
const COMPILER_TYPES = new Map([
  ["__Poly8_t", "unsigned char"],
  ["__Poly16_t", "unsigned short"],
  ["__Poly64_t", "unsigned long long"],
  ["__Poly128_t", "unsigned __int128"],
]);

function integer({ size, signed }: BtfTypeOf<"enum" | "enum64">): string {
  const name = size === 1 ? "char" : size === 2 ? "short" : size === 8 ? "long long" : "int";
  return `${signed ? "signed" : "unsigned"} ${name}`;
}

function literal(value: number | bigint, wide: boolean, signed: boolean): string {
  if (!wide) return `${value}`;
  // The digits of the least number of 64 bits are one too many for a literal.
  if (BigInt(value) === -(2n ** 63n)) return "(-9223372036854775807LL - 1)";
  return `${value}${signed ? "LL" : "ULL"}`;
}
