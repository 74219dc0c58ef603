import type { FieldNotation, FieldValue, ScalarValue } from "@ocelli/event";

import { isList } from "../evaluate/compare/comparison.ts";
import { byteLength, toByteText } from "../evaluate/compare/text-order.ts";
import { fromUtf8 } from "../evaluate/utf8.ts";
import type { Source } from "../evaluate/source.ts";
import { formatAddress } from "./format-address.ts";

type ValueType = Source<never>["type"];

/** What an output prints for a value that is missing. */
export const MISSING = "<NA>";

// Falco's buffer for bytes and lists in outputs.
const MAX_BYTES = 1022;
const MAX_LIST_BYTES = 1023;

/** A value as outputs print it. */
export function formatValue(
  value: FieldValue | undefined,
  type: ValueType,
  notation: FieldNotation = "decimal",
): string {
  if (value === undefined) return MISSING;
  if (!isList(value)) return formatScalar(value, type, notation);
  const text = `(${value.map((item) => formatScalar(item, type, notation)).join(",")})`;
  return byteLength(text) <= MAX_LIST_BYTES ? text : cutText(text);
}

function formatScalar(value: ScalarValue, type: ValueType, notation: FieldNotation): string {
  if (typeof value === "string") return sanitizeText(value);
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number" || typeof value === "bigint")
    return formatNumber(value, type, notation);
  if (type === "net") return "<IPNET>";
  return type === "ip" ? formatAddress(value) : formatBytes(value);
}

function formatNumber(value: number | bigint, type: ValueType, notation: FieldNotation): string {
  if (type === "double") return formatDouble(Number(value));
  switch (notation) {
    case "decimal":
      return value.toString();
    case "hexadecimal":
      return value.toString(16).toUpperCase();
    case "octal":
      return value.toString(8);
    case "nine-digits":
      return value.toString().padStart(9, "0");
  }
}

/** One digit after the point, halves to the even digit, as printf(3) rounds. */
function formatDouble(value: number): string {
  // Of all halves of a tenth only .25 and .75 are exact.
  const quarters = value * 4;
  if (!Number.isInteger(quarters) || quarters % 2 === 0) return value.toFixed(1);
  const tenths = Math.floor(value * 10);
  return ((tenths % 2 === 0 ? tenths : tenths + 1) / 10).toFixed(1);
}

/** Printable characters as they are, a dot for every other byte; longer ones are cut. */
function formatBytes(bytes: Uint8Array): string {
  const shown = bytes.length <= MAX_BYTES ? bytes : bytes.subarray(0, MAX_BYTES - 1);
  let text = "";
  for (const byte of shown) text += byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".";
  return text;
}

// Control characters and those that stand for no character.
const UNPRINTABLE =
  // oxlint-disable-next-line no-control-regex
  /[\0-\u001F\u007F-\u009F\uFDD0-\uFDEF\uFFFE\uFFFF]|[\u{1FFFE}\u{1FFFF}\u{2FFFE}\u{2FFFF}\u{3FFFE}\u{3FFFF}\u{4FFFE}\u{4FFFF}\u{5FFFE}\u{5FFFF}\u{6FFFE}\u{6FFFF}\u{7FFFE}\u{7FFFF}\u{8FFFE}\u{8FFFF}\u{9FFFE}\u{9FFFF}\u{AFFFE}\u{AFFFF}\u{BFFFE}\u{BFFFF}\u{CFFFE}\u{CFFFF}\u{DFFFE}\u{DFFFF}\u{EFFFE}\u{EFFFF}\u{FFFFE}\u{FFFFF}\u{10FFFE}\u{10FFFF}]/gu;

/** A text with U+FFFD for everything that does not print. */
export function sanitizeText(text: string): string {
  return text.replace(UNPRINTABLE, "\uFFFD");
}

function cutText(text: string): string {
  const bytes = Uint8Array.from(toByteText(text).slice(0, MAX_LIST_BYTES), (character) =>
    character.charCodeAt(0),
  );
  return fromUtf8(bytes);
}

/** What stands for a value among the fields of an alert. */
export type JsonValue = string | number | bigint | boolean | null | readonly JsonValue[];

/** A value as the JSON of an alert holds it: numbers, truth values and null keep their types. */
export function toJsonValue(
  value: FieldValue | undefined,
  type: ValueType,
  notation: FieldNotation = "decimal",
): JsonValue {
  if (value === undefined) return null;
  if (isList(value))
    return value.length === 0 ? null : value.map((item) => toJsonValue(item, type, notation));
  if (typeof value === "boolean") return value;
  if (typeof value === "number" || typeof value === "bigint")
    return notation === "decimal" ? value : formatNumber(value, type, notation);
  return formatScalar(value, type, notation);
}
