import { isObject, type Json, type JsonObject } from "./audit-event.ts";

/** The value that keys lead to, one level each; undefined when there is none. */
export function valueAt(json: Json | undefined, keys: readonly string[]): Json | undefined {
  let value = json;
  for (const key of keys) {
    if (isObject(value)) value = Object.hasOwn(value, key) ? value[key] : undefined;
    else if (Array.isArray(value)) value = /^\d{1,9}$/.test(key) ? itemAt(value, key) : undefined;
    else return undefined;
  }
  return value;
}

/** The value that a JSON pointer (RFC 6901) leads to; undefined when there is none. */
export function valueAtPointer(json: JsonObject, pointer: string): Json | undefined {
  if (pointer === "") return json;
  if (!pointer.startsWith("/")) return undefined;
  const keys = pointer
    .slice(1)
    .split("/")
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  return valueAt(json, keys);
}

/** A value as text: texts as they are, everything else as JSON. */
export function jsonText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function itemAt(items: readonly Json[], key: string): Json | undefined {
  return items[Number(key)];
}
