import type { Btf, BtfType, BtfTypeOf } from "../btf/types.ts";

/** A type behind its typedefs and qualifiers. */
export interface ResolvedType {
  readonly id: number;
  readonly type: BtfType;
}

/**
 * BTF as relocation asks it: types stay decoded once they were touched, and every chain of references is bounded, so
 * that a cycle in a hostile object ends as `undefined`.
 */
export interface TypeView {
  readonly btf: Btf;
  type(id: number): BtfType | undefined;
  /** Skips typedefs, qualifiers and type tags; `undefined` for an unknown id or a chain without an end. */
  resolve(id: number): ResolvedType | undefined;
  /** Size in bytes as it lies in memory; `undefined` for functions, `void`, incomplete and oversized types. */
  sizeOf(id: number): number | undefined;
}

/** Types that refer on and on: more than this in a row is a cycle. The kernel's own limit is 32. */
const CHAIN_LIMIT = 32;

const LONG_NAMES = ["long unsigned int", "long int", "unsigned long", "long"];

/** Wraps BTF for relocation. `pointerSize` is found from the size of `long` unless it is given. */
export function createTypeView(btf: Btf, pointerSize?: number): TypeView {
  const types = new Map<number, BtfType>();
  let pointerBytes = pointerSize;

  const type = (id: number): BtfType | undefined => {
    const known = types.get(id);
    if (known !== undefined) return known;
    const decoded = btf.type(id);
    if (decoded !== undefined) types.set(id, decoded);
    return decoded;
  };

  const resolve = (id: number): ResolvedType | undefined => {
    let current = id;
    for (let step = 0; step < CHAIN_LIMIT; step += 1) {
      const found = type(current);
      if (found === undefined) return undefined;
      if (!isTransparent(found)) return { id: current, type: found };
      current = found.typeId;
    }
    return undefined;
  };

  const sizeOf = (id: number): number | undefined => {
    let current = id;
    let elements = 1;
    for (let step = 0; step < CHAIN_LIMIT; step += 1) {
      const found = type(current);
      if (found === undefined) return undefined;
      switch (found.kind) {
        case "int":
        case "struct":
        case "union":
        case "enum":
        case "enum64":
        case "datasec":
        case "float":
          return within32Bits(elements * found.size);
        case "ptr":
          pointerBytes ??= findPointerSize(btf);
          return within32Bits(elements * pointerBytes);
        case "array":
          elements *= found.length;
          if (within32Bits(elements) === undefined) return undefined;
          current = found.typeId;
          break;
        case "typedef":
        case "volatile":
        case "const":
        case "restrict":
        case "type_tag":
        case "var":
        case "decl_tag":
          current = found.typeId;
          break;
        case "void":
        case "fwd":
        case "func":
        case "func_proto":
          return undefined;
      }
    }
    return undefined;
  };

  return { btf, type, resolve, sizeOf };
}

/** Whether a relocation may take one kind for the other: the same kind, or two enums of either width. */
export function sameCoreKind(a: BtfType, b: BtfType): boolean {
  return a.kind === b.kind || (isEnum(a) && isEnum(b));
}

/** Whether the type is an enum of 32 or 64 bits. */
export function isEnum(type: BtfType): type is BtfTypeOf<"enum" | "enum64"> {
  return type.kind === "enum" || type.kind === "enum64";
}

/** Whether the type has members. */
export function isComposite(type: BtfType): type is BtfTypeOf<"struct" | "union"> {
  return type.kind === "struct" || type.kind === "union";
}

/** The name of a type; empty where its kind has none. */
export function nameOfType(type: BtfType): string {
  return "name" in type ? type.name : "";
}

function isTransparent(
  type: BtfType,
): type is BtfTypeOf<"typedef" | "type_tag" | "volatile" | "const" | "restrict"> {
  switch (type.kind) {
    case "typedef":
    case "const":
    case "volatile":
    case "restrict":
    case "type_tag":
      return true;
    default:
      return false;
  }
}

function within32Bits(size: number): number | undefined {
  return size <= 0xffff_ffff ? size : undefined;
}

function findPointerSize(btf: Btf): number {
  for (const name of LONG_NAMES) {
    for (const id of btf.idsByName(name, "int")) {
      const found = btf.type(id);
      if (found?.kind === "int" && (found.size === 4 || found.size === 8)) return found.size;
    }
  }
  return 8;
}
