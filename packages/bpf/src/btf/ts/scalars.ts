import type { BtfType } from "../types.ts";

/** The scalar types that declarations are made of, with what each is in JavaScript. */
export const TS_SCALARS: ReadonlyMap<string, string> = new Map([
  ["bool", "boolean"],
  ["u8", "number"],
  ["u16", "number"],
  ["u32", "number"],
  ["u64", "bigint"],
  ["u128", "bigint"],
  ["i8", "number"],
  ["i16", "number"],
  ["i32", "number"],
  ["i64", "bigint"],
  ["i128", "bigint"],
  ["be16", "number"],
  ["be32", "number"],
  ["be64", "bigint"],
  ["f32", "number"],
  ["f64", "number"],
]);

/** Typedefs that say more than their width: numbers in network byte order. */
const NETWORK_ORDER = new Map([
  ["__be16", "be16"],
  ["__be32", "be32"],
  ["__be64", "be64"],
]);

/** The scalar that a typedef stands for by its name alone. */
export function scalarOfTypedef(name: string): string | undefined {
  return NETWORK_ORDER.get(name);
}

/** The scalar of an INT or FLOAT; `undefined` for widths that no scalar has. */
export function scalarOf(type: BtfType): string | undefined {
  if (type.kind === "float") return type.size === 4 ? "f32" : "f64";
  if (type.kind !== "int") return undefined;
  if (type.encoding === "bool") return "bool";
  const name = `${type.encoding === "unsigned" ? "u" : "i"}${type.size * 8}`;
  return TS_SCALARS.has(name) ? name : undefined;
}
