import { typeName, type Type } from "../types/type.ts";

/** A scalar as declarations write it. */
export function scalarName(type: Type): string {
  if (type.kind === "address") return type.space === "user" ? 'UserPtr<"char">' : "Addr";
  if (type.kind === "reference" && type.layout.kind === "char")
    return `CharBuf<${type.layout.length}>`;
  return typeName(type);
}
