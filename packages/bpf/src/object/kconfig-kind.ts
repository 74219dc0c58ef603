import type { ObjectTypes } from "./object-types.ts";
import type { KconfigSpec } from "./spec.ts";

/** Longest configuration string that is read; the kernel's own limit is far below. */
const MAX_TEXT = 4096;

/** How a `.kconfig` extern of this type is filled in; `undefined` for types that no configuration value has. */
export function kconfigKind(
  types: ObjectTypes,
  typeId: number,
): Pick<KconfigSpec, "kind" | "size" | "signed"> | undefined {
  const type = types.resolve(typeId)?.type;
  switch (type?.kind) {
    case "int":
      if (type.encoding === "bool")
        return type.size === 1 ? { kind: "bool", size: 1, signed: false } : undefined;
      if (![1, 2, 4, 8].includes(type.size)) return undefined;
      // A plain char holds y, n or m as a letter.
      if (type.size === 1) return { kind: "char", size: 1, signed: type.encoding === "signed" };
      return { kind: "int", size: type.size, signed: type.encoding === "signed" };
    case "enum":
      return type.name === "libbpf_tristate" && type.size === 4
        ? { kind: "tristate", size: 4, signed: false }
        : undefined;
    case "array": {
      const element = types.resolve(type.typeId)?.type;
      const isText = element?.kind === "int" && element.size === 1 && element.encoding !== "bool";
      const fits = type.length > 0 && type.length <= MAX_TEXT;
      return isText && fits ? { kind: "char-array", size: type.length, signed: false } : undefined;
    }
    default:
      return undefined;
  }
}
