import type { DescMessage } from "@bufbuild/protobuf";

/** A type of the checker. `error` is the type of what was refused already; it fits everywhere. */
export type CelType =
  | {
      readonly kind:
        | "bool"
        | "int"
        | "uint"
        | "double"
        | "string"
        | "bytes"
        | "null"
        | "timestamp"
        | "duration"
        | "dyn"
        | "any"
        | "error";
    }
  | { readonly kind: "list"; readonly item: CelType }
  | { readonly kind: "map"; readonly key: CelType; readonly value: CelType }
  | { readonly kind: "wrapper"; readonly item: CelType }
  | { readonly kind: "type"; readonly of: string }
  | { readonly kind: "message"; readonly desc: DescMessage };

/** Shorthands. */
export const CEL: Readonly<
  Record<
    | "bool"
    | "int"
    | "uint"
    | "double"
    | "string"
    | "bytes"
    | "null"
    | "timestamp"
    | "duration"
    | "dyn"
    | "any"
    | "error",
    CelType
  >
> = {
  bool: { kind: "bool" },
  int: { kind: "int" },
  uint: { kind: "uint" },
  double: { kind: "double" },
  string: { kind: "string" },
  bytes: { kind: "bytes" },
  null: { kind: "null" },
  timestamp: { kind: "timestamp" },
  duration: { kind: "duration" },
  dyn: { kind: "dyn" },
  any: { kind: "any" },
  error: { kind: "error" },
};

/** A type as cel-go prints it. */
export function showType(type: CelType): string {
  switch (type.kind) {
    case "list":
      return `list(${showType(type.item)})`;
    case "map":
      return `map(${showType(type.key)}, ${showType(type.value)})`;
    case "wrapper":
      return `wrapper(${showType(type.item)})`;
    case "type":
      return `type(${type.of})`;
    case "message":
      return type.desc.typeName;
    case "error":
      return "!error!";
    case "timestamp":
      return "timestamp";
    case "bool":
    case "int":
    case "uint":
    case "double":
    case "string":
    case "bytes":
    case "null":
    case "duration":
    case "dyn":
    case "any":
      return type.kind;
  }
}

/** Whether a value of `from` may stand where `to` is asked for. */
export function fits(from: CelType, to: CelType): boolean {
  if (isOpen(from) || isOpen(to)) return true;
  if (from.kind === "null") return isNullable(to);
  if (to.kind === "null") return isNullable(from);
  if (from.kind === "wrapper") return fits(from.item, to);
  if (to.kind === "wrapper") return fits(from, to.item);
  if (from.kind === "list" && to.kind === "list") return fits(from.item, to.item);
  if (from.kind === "map" && to.kind === "map") {
    return fits(from.key, to.key) && fits(from.value, to.value);
  }
  if (from.kind === "message" && to.kind === "message") {
    return from.desc.typeName === to.desc.typeName;
  }
  return from.kind === to.kind;
}

/** The type of a list of both: one of them where it covers the other, else dyn. */
export function join(left: CelType, right: CelType): CelType {
  return showType(left) === showType(right) ? left : CEL.dyn;
}

function isOpen({ kind }: CelType): boolean {
  return kind === "dyn" || kind === "any" || kind === "error";
}

function isNullable({ kind }: CelType): boolean {
  return (
    kind === "null" ||
    kind === "message" ||
    kind === "wrapper" ||
    kind === "timestamp" ||
    kind === "duration"
  );
}
