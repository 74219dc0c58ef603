import type { BtfTypeOf } from "../btf/types.ts";
import { DEPTH_LIMIT, type Verdict } from "./compatible.ts";
import { essentialName } from "./essential-name.ts";
import { isEnum, nameOfType, type ResolvedType, type TypeView } from "./type-view.ts";

/**
 * Whether a kernel type *matches* a local one, the strictest comparison: every member, enumerator and parameter of the
 * local type has a counterpart of the same name and shape. Names are compared without flavours; behind a pointer,
 * structs need only the name and the kind, and may be forward declarations.
 */
export function typesMatch(
  local: TypeView,
  localId: number,
  target: TypeView,
  targetId: number,
): Verdict {
  // Each pair is decided once: members that share types would otherwise take exponential time.
  const decided = new Map<string, boolean>();

  const compare = (
    localStart: number,
    targetStart: number,
    behind: boolean,
    level: number,
  ): Verdict => {
    if (level <= 0) return "undecidable";
    let left = localStart;
    let right = targetStart;
    let behindPointer = behind;
    for (let depth = 0; depth < DEPTH_LIMIT; depth += 1) {
      const a = local.resolve(left);
      const b = target.resolve(right);
      if (a === undefined || b === undefined) return "undecidable";
      if (!sameName(nameOfType(a.type), nameOfType(b.type))) return false;
      if (a.type.kind === "ptr") {
        if (b.type.kind !== "ptr") return false;
        behindPointer = true;
        left = a.type.typeId;
        right = b.type.typeId;
      } else if (a.type.kind === "array") {
        if (b.type.kind !== "array" || a.type.length !== b.type.length) return false;
        left = a.type.typeId;
        right = b.type.typeId;
      } else if (a.type.kind === "func_proto") {
        if (b.type.kind !== "func_proto") return false;
        if (a.type.parameters.length !== b.type.parameters.length) return false;
        for (const [index, parameter] of a.type.parameters.entries()) {
          const other = b.type.parameters[index]?.typeId ?? 0;
          const verdict = remember(parameter.typeId, other, behindPointer, level - 1);
          if (verdict !== true) return verdict;
        }
        left = a.type.returnTypeId;
        right = b.type.returnTypeId;
      } else if ((a.type.kind === "struct" || a.type.kind === "union") && !behindPointer) {
        return a.type.kind === b.type.kind && membersMatch(a.type, b.type, level);
      } else {
        return leavesMatch(a, b, behindPointer);
      }
    }
    return "undecidable";
  };

  const membersMatch = (
    a: BtfTypeOf<"struct" | "union">,
    b: BtfTypeOf<"struct" | "union">,
    level: number,
  ): Verdict => {
    if (a.members.length > b.members.length) return false;
    for (const member of a.members) {
      let found = false;
      for (const other of b.members) {
        if (!sameName(member.name, other.name)) continue;
        const verdict = remember(member.typeId, other.typeId, false, level - 1);
        if (verdict === "undecidable") return verdict;
        found = verdict;
        if (found) break;
      }
      if (!found) return false;
    }
    return true;
  };

  const remember = (left: number, right: number, behind: boolean, level: number): Verdict => {
    const key = `${left}:${right}:${behind}`;
    const known = decided.get(key);
    if (known !== undefined) return known;
    const verdict = compare(left, right, behind, level);
    if (verdict !== "undecidable") decided.set(key, verdict);
    return verdict;
  };

  return compare(localId, targetId, false, DEPTH_LIMIT);
}

function leavesMatch(
  { type: a }: ResolvedType,
  { type: b }: ResolvedType,
  behindPointer: boolean,
): boolean {
  switch (a.kind) {
    case "void":
      return b.kind === "void";
    case "fwd":
      if (b.kind === "fwd") return a.target === b.target;
      return behindPointer && b.kind === a.target;
    case "struct":
    case "union":
      return b.kind === a.kind || (b.kind === "fwd" && b.target === a.kind);
    case "enum":
    case "enum64":
      return isEnum(b) && enumsMatch(a, b);
    case "int":
      return (
        b.kind === "int" &&
        a.size === b.size &&
        (a.encoding === "signed") === (b.encoding === "signed")
      );
    default:
      return false;
  }
}

function enumsMatch(a: BtfTypeOf<"enum" | "enum64">, b: BtfTypeOf<"enum" | "enum64">): boolean {
  if (a.size !== b.size || a.values.length > b.values.length) return false;
  const names = new Set(b.values.map(({ name }) => essentialName(name)));
  return a.values.every(({ name }) => names.has(essentialName(name)));
}

function sameName(a: string, b: string): boolean {
  return a === b || essentialName(a) === essentialName(b);
}
