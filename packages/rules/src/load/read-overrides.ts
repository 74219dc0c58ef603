import { stepTo, type PlacePath } from "./place-path.ts";
import { invalid, keysOf, toValue, valueOf, type Mapping } from "./yaml-node.ts";

/** Which keys of an item append to what exists and which replace it. */
export interface Overrides {
  readonly append: ReadonlySet<string>;
  readonly replace: ReadonlySet<string>;
}

/** Reads what stands under `override`; none of either when the key is not there. */
export function readOverrides(
  item: Mapping,
  appendable: readonly string[],
  replaceable: readonly string[],
  path: PlacePath,
): Overrides {
  const append = new Set<string>();
  const replace = new Set<string>();
  const value = valueOf(item, "override");
  if (value?.kind !== "mapping") return { append, replace };
  const all = stepTo(path, "overrides", "", path.offset);
  for (const { name: key, offset } of keysOf(value.mapping)) {
    const at = stepTo(all, "overrides", key, offset);
    const pair = value.mapping.map.get(key, true);
    const operation = toValue(value.mapping.document, pair);
    const word = operation.kind === "text" ? operation.text : "";
    if (word === "append") {
      if (!appendable.includes(key)) {
        const message = `Key '${key}' cannot be appended to, use 'replace' instead`;
        throw invalid(message, at, `Keys that can: ${appendable.join(", ")}`);
      }
      append.add(key);
    } else if (word === "replace") {
      if (!replaceable.includes(key)) {
        const message = `Key '${key}' cannot be replaced`;
        throw invalid(message, at, `Keys that can: ${replaceable.join(", ")}`);
      }
      replace.add(key);
    } else {
      const allowed = `${appendable.includes(key) ? "append " : ""}${replaceable.includes(key) ? "replace " : ""}`;
      throw invalid(
        `Invalid override operation for key '${key}': '${word}'. Allowed values are: ${allowed}`,
        stepTo(all, "value for", key, operation.offset),
        `Write "${key}: append" or "${key}: replace"`,
      );
    }
  }
  return { append, replace };
}

/** Whether an item changes one that exists, by `append: true` or by `override`; both together are refused. */
export function refuseBoth(append: boolean, overrides: Overrides, path: PlacePath): void {
  if (!append || overrides.append.size + overrides.replace.size === 0) return;
  throw invalid(
    "Keys 'override' and 'append: true' cannot be used together. Add an 'append' entry (e.g. 'condition: append') under 'override' instead.",
    path,
    'Remove "append: true"',
  );
}
