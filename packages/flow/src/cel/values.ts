import { create, equals, type DescMessage, type Message } from "@bufbuild/protobuf";

import { CelRuntimeError } from "./problem.ts";

/** An unsigned integer. Signed ones are plain bigints, doubles plain numbers. */
export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

/** A point in time, nanoseconds since 1970. */
export class CelTimestamp {
  readonly ns: bigint;
  constructor(ns: bigint) {
    this.ns = ns;
  }
}

/** A span of time in nanoseconds. */
export class CelDuration {
  readonly ns: bigint;
  constructor(ns: bigint) {
    this.ns = ns;
  }
}

/** A type as a value: what `type(x)` gives. */
export class CelTypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A message with its description. An unset message field reads as an empty message, `message` undefined. */
export class MessageValue {
  readonly desc: DescMessage;
  readonly message: Message | undefined;
  constructor(desc: DescMessage, message: Message | undefined) {
    this.desc = desc;
    this.message = message;
  }
}

/** A map: entries in the order written, found by equality. */
export interface CelMap {
  readonly entries: readonly { readonly key: CelValue; readonly value: CelValue }[];
}

/** What expressions compute with. */
export type CelValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Uint
  | CelTimestamp
  | CelDuration
  | CelTypeValue
  | MessageValue
  | readonly CelValue[]
  | CelMap;

/** The name of a value's type, as `type()` gives it. */
export function typeName(value: CelValue): string {
  if (value === null) return "null_type";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "double";
    case "string":
      return "string";
    default:
  }
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Uint) return "uint";
  if (value instanceof CelTimestamp) return "google.protobuf.Timestamp";
  if (value instanceof CelDuration) return "google.protobuf.Duration";
  if (value instanceof CelTypeValue) return "type";
  if (value instanceof MessageValue) return value.desc.typeName;
  return isList(value) ? "list" : "map";
}

/** Whether a value is a list. */
export function isList(value: CelValue): value is readonly CelValue[] {
  return Array.isArray(value);
}

/** Whether a value is a map. */
export function isMap(value: CelValue): value is CelMap {
  return (
    typeof value === "object" &&
    value !== null &&
    "entries" in value &&
    !isList(value) &&
    !(value instanceof Uint8Array)
  );
}

/** Equality of CEL: numbers by value whatever their type; values of different types are unequal. */
export function celEquals(left: CelValue, right: CelValue): boolean {
  if (left === right) return true;
  const leftNumber = numberOf(left);
  const rightNumber = numberOf(right);
  // Comparing a bigint with a double is exact in JavaScript.
  if (leftNumber !== undefined && rightNumber !== undefined) {
    // oxlint-disable-next-line eqeqeq -- `===` never holds between the two types of numbers
    return leftNumber == rightNumber;
  }
  if (left instanceof Uint8Array && right instanceof Uint8Array) {
    return left.length === right.length && left.every((byte, index) => byte === right[index]);
  }
  if (left instanceof CelTimestamp && right instanceof CelTimestamp) return left.ns === right.ns;
  if (left instanceof CelDuration && right instanceof CelDuration) return left.ns === right.ns;
  if (left instanceof CelTypeValue && right instanceof CelTypeValue)
    return left.name === right.name;
  if (left instanceof MessageValue && right instanceof MessageValue) {
    const { desc } = left;
    if (desc.typeName !== right.desc.typeName) return false;
    return equals(desc, left.message ?? create(desc), right.message ?? create(desc));
  }
  if (isList(left) && isList(right)) {
    return (
      left.length === right.length &&
      left.every((item, index) => celEquals(item, right[index] ?? null))
    );
  }
  if (isMap(left) && isMap(right)) {
    return (
      left.entries.length === right.entries.length &&
      left.entries.every(({ key, value }) => {
        const other = findEntry(right, key);
        return other !== undefined && celEquals(value, other.value);
      })
    );
  }
  return false;
}

/** The entry of a map under `key`. */
export function findEntry(map: CelMap, key: CelValue): CelMap["entries"][number] | undefined {
  return map.entries.find((entry) => celEquals(entry.key, key));
}

/** Orders two values of one ordered type; throws where there is no order. */
export function celCompare(left: CelValue, right: CelValue): number {
  const a = orderOf(left);
  const b = orderOf(right);
  if (a === undefined || b === undefined || (typeof a === "string") !== (typeof b === "string")) {
    throw new CelRuntimeError("no such overload");
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

function orderOf(value: CelValue): bigint | number | string | undefined {
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "string") return orderedText(value);
  if (value instanceof CelTimestamp || value instanceof CelDuration) return value.ns;
  if (value instanceof Uint8Array) return String.fromCharCode(...value);
  return numberOf(value);
}

// By code points, not by UTF-16 units: surrogates sort above everything else.
function orderedText(text: string): string {
  return text.replace(/[\uD800-\uDFFF]/g, (unit) => `\uFFFF${unit}`);
}

function numberOf(value: CelValue): bigint | number | undefined {
  if (typeof value === "bigint" || typeof value === "number") return value;
  return value instanceof Uint ? value.value : undefined;
}
