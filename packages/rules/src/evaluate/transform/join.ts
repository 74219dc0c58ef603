import type { RuleEvent } from "@ocelli/event";

import { isList } from "../compare/comparison.ts";
import type { Source } from "../source.ts";

/**
 * The source of `join(separator, list)` and of `concat(text, text, …)`. Missing when one of its parts is.
 */
export function joinSource<E extends RuleEvent>(
  name: "join" | "concat",
  args: readonly (Source<E> | undefined)[],
): Source<E> | undefined {
  const known = args.filter((arg) => arg !== undefined);
  if (known.length < args.length) return undefined;
  return {
    type: "text",
    list: false,
    transformed: false,
    read: name === "join" ? joinReader(known) : concatReader(known),
  };
}

function joinReader<E extends RuleEvent>(
  args: readonly Source<E>[],
): (event: E) => string | undefined {
  const [separator, list] = args;
  return (event) => {
    const between = separator?.read(event);
    const values = list?.read(event);
    if (typeof between !== "string" || values === undefined || !isList(values)) return undefined;
    return values.join(between);
  };
}

function concatReader<E extends RuleEvent>(
  args: readonly Source<E>[],
): (event: E) => string | undefined {
  return (event) => {
    let text = "";
    for (const arg of args) {
      const value = arg.read(event);
      if (typeof value !== "string") return undefined;
      text += value;
    }
    return text;
  };
}
