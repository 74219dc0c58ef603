import { essentialName } from "./essential-name.ts";
import { isComposite, isEnum, nameOfType, sameCoreKind, type TypeView } from "./type-view.ts";

/** Whether two types correspond; `undecidable` when they nest deeper than the limit or refer to nothing. */
export type Verdict = boolean | "undecidable";

/** How deep function types may nest, and how long a chain of pointers and arrays may be, as in libbpf. */
export const DEPTH_LIMIT = 32;

/**
 * Whether a kernel type can stand for a local one in a type relocation. Below the root, names do not count:
 * structs, unions, enums and integers only need the same kind, pointers and arrays are followed, functions need the
 * same number of parameters with compatible types.
 */
export function typesAreCompatible(
  local: TypeView,
  localId: number,
  target: TypeView,
  targetId: number,
): Verdict {
  const localRoot = local.type(localId);
  const targetRoot = target.type(targetId);
  if (localRoot === undefined || targetRoot === undefined) return "undecidable";
  // A typedef of the object means a typedef of the kernel.
  if (!sameCoreKind(localRoot, targetRoot)) return false;
  // Parameters may share types; each pair is decided once, which keeps hostile types from taking exponential time.
  const decided = new Map<string, boolean>();

  const compare = (localStart: number, targetStart: number, level: number): Verdict => {
    let left = localStart;
    let right = targetStart;
    for (let depth = 0; depth < DEPTH_LIMIT; depth += 1) {
      const a = local.resolve(left);
      const b = target.resolve(right);
      if (a === undefined || b === undefined) return "undecidable";
      if (!sameCoreKind(a.type, b.type)) return false;
      switch (a.type.kind) {
        case "void":
        case "struct":
        case "union":
        case "enum":
        case "enum64":
        case "fwd":
          return true;
        case "int":
          // Integers with an offset are bit fields of old compilers.
          return a.type.offsetBits === 0 && b.type.kind === "int" && b.type.offsetBits === 0;
        case "ptr":
        case "array":
          if (b.type.kind !== "ptr" && b.type.kind !== "array") return false;
          left = a.type.typeId;
          right = b.type.typeId;
          break;
        case "func_proto": {
          if (b.type.kind !== "func_proto") return false;
          if (a.type.parameters.length !== b.type.parameters.length) return false;
          for (const [index, parameter] of a.type.parameters.entries()) {
            if (level <= 0) return "undecidable";
            const other = b.type.parameters[index]?.typeId ?? 0;
            const verdict = remember(parameter.typeId, other, level - 1);
            if (verdict !== true) return verdict;
          }
          left = a.type.returnTypeId;
          right = b.type.returnTypeId;
          break;
        }
        default:
          return false;
      }
    }
    return "undecidable";
  };

  const remember = (left: number, right: number, level: number): Verdict => {
    const key = `${left}:${right}`;
    const known = decided.get(key);
    if (known !== undefined) return known;
    const verdict = compare(left, right, level);
    if (verdict !== "undecidable") decided.set(key, verdict);
    return verdict;
  };

  return compare(localId, targetId, DEPTH_LIMIT);
}

/**
 * Whether a member of the kernel's struct can stand for one of the object's: any two structs or unions, any two
 * pointers or floats, integers of any size and sign, enums and forward declarations of one name or none, arrays of
 * compatible elements.
 */
export function fieldsAreCompatible(
  local: TypeView,
  localId: number,
  target: TypeView,
  targetId: number,
): Verdict {
  let left = localId;
  let right = targetId;
  for (let depth = 0; depth < DEPTH_LIMIT; depth += 1) {
    const a = local.resolve(left);
    const b = target.resolve(right);
    if (a === undefined || b === undefined) return "undecidable";
    if (isComposite(a.type) && isComposite(b.type)) return true;
    if (!sameCoreKind(a.type, b.type)) return false;
    if (a.type.kind === "ptr" || a.type.kind === "float") return true;
    if (a.type.kind === "fwd" || isEnum(a.type)) {
      const localName = essentialName(nameOfType(a.type));
      const targetName = essentialName(nameOfType(b.type));
      return localName === "" || targetName === "" || localName === targetName;
    }
    if (a.type.kind === "int")
      return a.type.offsetBits === 0 && b.type.kind === "int" && b.type.offsetBits === 0;
    if (a.type.kind !== "array" || b.type.kind !== "array") return false;
    left = a.type.typeId;
    right = b.type.typeId;
  }
  return "undecidable";
}
