import type { Btf, BtfType, BtfTypeOf } from "./types.ts";

/** Longer chains of typedefs, and deeper nests, than this are taken for a circle; the kernel's own limit is 32. */
const MOST_STEPS = 64;

/** Bytes of a pointer. BPF is 64-bit, and so are the kernels that Ocelli runs on. */
const POINTER_SIZE = 8;

/** A type without its qualifiers, with the id that it has. */
export interface ResolvedType {
  readonly id: number;
  readonly type: BtfType;
}

/**
 * Follows typedefs, `const`, `volatile`, `restrict` and type tags from `id` to the type behind them. Gives `undefined`
 * when an id on the way does not exist or the chain runs in a circle.
 */
export function resolveType(btf: Btf, id: number): ResolvedType | undefined {
  return follow(btf, id, true);
}

/** Like {@link resolveType}, but stops at a typedef. */
export function skipModifiers(btf: Btf, id: number): ResolvedType | undefined {
  return follow(btf, id, false);
}

function follow(btf: Btf, start: number, typedefs: boolean): ResolvedType | undefined {
  let id = start;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const type = btf.type(id);
    if (type === undefined) return undefined;
    switch (type.kind) {
      case "const":
      case "volatile":
      case "restrict":
      case "type_tag":
        id = type.typeId;
        break;
      case "typedef":
        if (!typedefs) return { id, type };
        id = type.typeId;
        break;
      default:
        return { id, type };
    }
  }
  return undefined;
}

/**
 * Bytes that a value of the type takes, as in C: 0 for flexible arrays. Gives `undefined` for what has no size (void,
 * functions, forward declarations), for ids that do not exist, for circles, and for more bytes than a double counts.
 */
export function sizeOf(btf: Btf, id: number): number | undefined {
  let current = id;
  let factor = 1;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const resolved = resolveType(btf, current)?.type;
    switch (resolved?.kind) {
      case "int":
      case "struct":
      case "union":
      case "enum":
      case "enum64":
      case "float":
      case "datasec":
        return safeProduct(factor, resolved.size);
      case "ptr":
        return safeProduct(factor, POINTER_SIZE);
      case "array":
        factor *= resolved.length;
        current = resolved.typeId;
        break;
      case "var":
        current = resolved.typeId;
        break;
      default:
        return undefined;
    }
  }
  return undefined;
}

function safeProduct(a: number, b: number): number | undefined {
  const product = a * b;
  return Number.isSafeInteger(product) ? product : undefined;
}

/**
 * Alignment in bytes that a compiler gives the type when nothing says otherwise: that of the widest member for structs,
 * 1 for packed ones, where a member lies on no multiple of its own alignment or the size is none of the struct's. Gives
 * `undefined` where {@link sizeOf} does.
 */
export function alignOf(btf: Btf, id: number): number | undefined {
  return align(btf, id, new Map(), 0);
}

// `known` holds what is done, and `undefined` for what is under way: a struct inside itself has no alignment.
function align(
  btf: Btf,
  start: number,
  known: Map<number, number | undefined>,
  depth: number,
): number | undefined {
  const resolved = resolveElement(btf, start);
  if (resolved === undefined || depth > MOST_STEPS) return undefined;
  const { id, type } = resolved;
  switch (type.kind) {
    case "int":
    case "enum":
    case "enum64":
    case "float":
      return Math.min(type.size, 16);
    case "ptr":
      return POINTER_SIZE;
    case "struct":
    case "union":
      if (!known.has(id)) {
        known.set(id, undefined);
        known.set(id, alignMembers(btf, type, known, depth + 1));
      }
      return known.get(id);
    default:
      return undefined;
  }
}

/** What an array or variable consists of, however many dimensions it has. */
function resolveElement(btf: Btf, start: number): ResolvedType | undefined {
  let id = start;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const resolved = resolveType(btf, id);
    if (resolved?.type.kind !== "array" && resolved?.type.kind !== "var") return resolved;
    id = resolved.type.typeId;
  }
  return undefined;
}

function alignMembers(
  btf: Btf,
  type: BtfTypeOf<"struct" | "union">,
  known: Map<number, number | undefined>,
  depth: number,
): number | undefined {
  let widest = 1;
  for (const member of type.members) {
    const own = align(btf, member.typeId, known, depth);
    if (own === undefined) return undefined;
    if (member.bitfieldBits === 0 && member.offsetBits % (own * 8) !== 0) return 1;
    widest = Math.max(widest, own);
  }
  return type.size % widest === 0 ? widest : 1;
}
