import { assertNever } from "../assert-never.ts";
import type { BtfType } from "./types.ts";

/** The ids that a type names, in the order of the encoded form; 0 (`void`) included. */
export function referencesOf(type: BtfType): number[] {
  const ids: number[] = [];
  mapReferences(type, (id) => {
    ids.push(id);
    return id;
  });
  return ids;
}

/** The same type with every id that it names put through `map`. */
export function mapReferences(type: BtfType, map: (id: number) => number): BtfType {
  switch (type.kind) {
    case "void":
    case "int":
    case "float":
    case "enum":
    case "enum64":
    case "fwd":
      return type;
    case "ptr":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
    case "type_tag":
    case "func":
    case "var":
    case "decl_tag":
      return { ...type, typeId: map(type.typeId) };
    case "array":
      return { ...type, typeId: map(type.typeId), indexTypeId: map(type.indexTypeId) };
    case "struct":
    case "union":
      return { ...type, members: type.members.map((m) => ({ ...m, typeId: map(m.typeId) })) };
    case "func_proto":
      return {
        ...type,
        returnTypeId: map(type.returnTypeId),
        parameters: type.parameters.map((p) => ({ ...p, typeId: map(p.typeId) })),
      };
    case "datasec":
      return { ...type, variables: type.variables.map((v) => ({ ...v, typeId: map(v.typeId) })) };
    default:
      return assertNever(type);
  }
}
