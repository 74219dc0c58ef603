import type { RuleEvent, ScalarValue } from "@ocelli/event";

import type { TransformerName } from "../../filter/ast.ts";
import { isList } from "../compare/comparison.ts";
import { byteLength, lowerAscii, upperAscii } from "../compare/text-order.ts";
import type { Source } from "../source.ts";
import { decodeBase64 } from "./base64.ts";

/** The source that one of the transformers of single values makes of another. */
export function applyTransformer<E extends RuleEvent>(
  name: Exclude<TransformerName, "join" | "concat" | "getopt">,
  inner: Source<E>,
): Source<E> {
  if (name === "len") return lengthSource(inner);
  const change = textChange(name);
  return {
    type: inner.type,
    list: inner.list,
    transformed: true,
    read: (event) => {
      const value = inner.read(event);
      if (value === undefined) return undefined;
      if (!isList(value)) return change(value);
      const values: ScalarValue[] = [];
      for (const item of value) {
        const changed = change(item);
        if (changed === undefined) return undefined;
        values.push(changed);
      }
      return values;
    },
  };
}

function textChange(
  name: "tolower" | "toupper" | "b64" | "basename",
): (value: ScalarValue) => ScalarValue | undefined {
  switch (name) {
    case "tolower":
      return (value) => (typeof value === "string" ? lowerAscii(value) : undefined);
    case "toupper":
      return (value) => (typeof value === "string" ? upperAscii(value) : undefined);
    case "basename":
      return (value) =>
        typeof value === "string" ? value.slice(value.lastIndexOf("/") + 1) : undefined;
    case "b64":
      return decodeBase64;
  }
}

/** Items of a list, bytes of a text or of bytes. */
function lengthSource<E extends RuleEvent>(inner: Source<E>): Source<E> {
  return {
    type: "uint64",
    list: false,
    transformed: true,
    read: (event) => {
      const value = inner.read(event);
      if (value === undefined) return undefined;
      if (typeof value === "string") return byteLength(value);
      return typeof value === "object" ? value.length : undefined;
    },
  };
}
