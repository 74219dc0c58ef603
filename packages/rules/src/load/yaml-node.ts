import { isAlias, isMap, isScalar, isSeq, type Document, type Pair, type YAMLMap } from "yaml";

import type { PathKind } from "./load-diagnostic.ts";
import { LoadProblem, stepTo, type PlacePath } from "./place-path.ts";

/** A mapping of a rule file with the document it stands in, to follow aliases. */
export interface Mapping {
  readonly document: Document.Parsed;
  readonly map: YAMLMap;
}

/** A value in a rule file: what it is and where. */
export type Value =
  | { readonly kind: "text"; readonly text: string; readonly offset: number }
  | { readonly kind: "null"; readonly offset: number }
  | { readonly kind: "sequence"; readonly items: readonly Value[]; readonly offset: number }
  | { readonly kind: "mapping"; readonly mapping: Mapping; readonly offset: number };

const NULLS = new Set(["", "~", "null", "Null", "NULL"]);
/** Deeper values than rules have; also ends aliases that hold themselves. */
const MAX_DEPTH = 20;

/** Turns a YAML node into a value. Everything plain is text; types are the reader's business. */
export function toValue(document: Document.Parsed, node: unknown, depth = 0): Value {
  const target = isAlias(node) ? node.resolve(document) : node;
  const offset = offsetOf(node) ?? 0;
  if (depth > MAX_DEPTH) return { kind: "null", offset };
  if (isMap(target)) return { kind: "mapping", mapping: { document, map: target }, offset };
  if (isSeq(target)) {
    const items = target.items.map((item) => toValue(document, item, depth + 1));
    return { kind: "sequence", items, offset };
  }
  if (!isScalar(target)) return { kind: "null", offset };
  // The failsafe schema makes every scalar a text.
  const text = typeof target.value === "string" ? target.value : "";
  const plain = target.type === "PLAIN" || target.type === undefined;
  return plain && NULLS.has(text) ? { kind: "null", offset } : { kind: "text", text, offset };
}

/** The value under a key; undefined when the mapping has no such key. */
export function valueOf(mapping: Mapping, key: string): Value | undefined {
  const pair = pairOf(mapping, key);
  if (pair === undefined) return undefined;
  const value = toValue(mapping.document, pair.value);
  // An empty value has no node of its own.
  return pair.value === null ? { ...value, offset: offsetOf(pair.key) ?? 0 } : value;
}

/** Every key that is a text, with its place. */
export function keysOf(mapping: Mapping): { name: string; offset: number }[] {
  return mapping.map.items.flatMap(({ key }) =>
    isScalar(key) ? [{ name: String(key.value), offset: offsetOf(key) ?? 0 }] : [],
  );
}

/** The text under a key that must be there. */
export function requiredText(mapping: Mapping, key: string, path: PlacePath): string {
  const text = optionalText(mapping, key, path);
  if (text !== undefined) return text;
  throw invalid(`Item has no mapping for key '${key}'`, path, `Add "${key}: …"`);
}

/** The text under a key, if the key is there; an empty value or one that is no text is refused. */
export function optionalText(mapping: Mapping, key: string, path: PlacePath): string | undefined {
  const value = valueOf(mapping, key);
  if (value === undefined) return undefined;
  if (value.kind === "null")
    throw invalid(`Mapping for key '${key}' is empty`, path, `Give "${key}" a value`);
  const at = stepTo(path, "value for", key, value.offset);
  if (value.kind !== "text")
    throw invalid("Value is not a scalar value", at, "Write one text, number or true/false");
  if (value.text === "") throw invalid("Value must be non-empty", at, "Write a value");
  return value.text;
}

/** The truth value under a key, if the key is there: true/false, yes/no, on/off, y/n. */
export function optionalBoolean(
  mapping: Mapping,
  key: string,
  path: PlacePath,
): boolean | undefined {
  const text = optionalText(mapping, key, path);
  if (text === undefined) return undefined;
  // One case throughout, or a capital first.
  if (/^(?:y|yes|true|on|Y|Yes|True|On|YES|TRUE|ON)$/.test(text)) return true;
  if (/^(?:n|no|false|off|N|No|False|Off|NO|FALSE|OFF)$/.test(text)) return false;
  throw undecodable(mapping, key, path, 'Write "true" or "false"');
}

/** The whole number from 0 on under a key, if the key is there. */
export function optionalNumber(mapping: Mapping, key: string, path: PlacePath): number | undefined {
  const text = optionalText(mapping, key, path);
  if (text === undefined) return undefined;
  if (/^\d{1,10}$/.test(text) && Number(text) < 2 ** 32) return Number(text);
  throw undecodable(mapping, key, path, "Write a whole number below 4294967296");
}

/** The texts of a sequence under a key; undefined when the key is not there. */
export function optionalTexts(
  mapping: Mapping,
  key: string,
  path: PlacePath,
): string[] | undefined {
  const value = valueOf(mapping, key);
  if (value === undefined) return undefined;
  const at = stepTo(path, "value for", key, value.offset);
  if (value.kind !== "sequence")
    throw invalid("Value is not a sequence", at, 'Write "[a, b]", or one "- a" a line');
  return value.items.map((item) => {
    if (item.kind === "text") return item.text;
    // Falco reads an empty item as the word it is written with.
    if (item.kind === "null") return "null";
    throw invalid(
      "sequence value is not scalar",
      stepTo(at, "list item", "", item.offset),
      "Write one text or number for each item",
    );
  });
}

/** What a wrong shape of YAML is refused with. */
export function invalid(message: string, path: PlacePath, hint: string): LoadProblem {
  return new LoadProblem("LOAD_ERR_YAML_VALIDATE", message, path, hint);
}

/** Where a node starts. */
export function offsetOf(node: unknown): number | undefined {
  const range = (node as { range?: readonly number[] | null } | null | undefined)?.range;
  return range?.[0];
}

/** The road to the value under a key. */
export function stepToValue(
  mapping: Mapping,
  key: string,
  kind: PathKind,
  path: PlacePath,
): PlacePath {
  return stepTo(path, kind, "", valueOf(mapping, key)?.offset ?? path.offset);
}

function undecodable(mapping: Mapping, key: string, path: PlacePath, hint: string): LoadProblem {
  const at = stepTo(path, "value for", key, valueOf(mapping, key)?.offset ?? path.offset);
  return invalid("Can't decode YAML scalar value", at, hint);
}

function pairOf({ map }: Mapping, key: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}
