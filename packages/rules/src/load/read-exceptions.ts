import type { Collection } from "./collection.ts";
import type { Entry, ExceptionDefinition } from "./definitions.ts";
import { diagnosticAt, stepTo, type PlacePath } from "./place-path.ts";
import { invalid, requiredText, valueOf, type Mapping, type Value } from "./yaml-node.ts";

/**
 * Reads what stands under `exceptions`: absent or empty means none. `update` says that the exceptions change a rule
 * that exists, where an exception without values is worth a warning.
 */
export function readExceptions(
  collection: Collection,
  item: Mapping,
  path: PlacePath,
  update: boolean,
): ExceptionDefinition[] {
  const value = valueOf(item, "exceptions");
  if (value === undefined || value.kind === "null") return [];
  const all = stepTo(path, "exceptions", "", value.offset);
  if (value.kind !== "sequence")
    throw invalid("Rule exceptions must be a sequence", all, 'Start each with "- name: …"');
  const exceptions: ExceptionDefinition[] = [];
  for (const one of value.items) {
    const unnamed = stepTo(all, "exception", "", one.offset);
    if (one.kind !== "mapping")
      throw invalid("Rule exception must be a mapping", unnamed, 'Start each with "- name: …"');
    const name = requiredText(one.mapping, "name", unnamed);
    const at = stepTo(path, "exception", name, one.offset);
    if (exceptions.some((other) => other.name === name)) {
      collection.diagnostics.push(
        diagnosticAt(
          "LOAD_EXCEPTION_NAME_NOT_UNIQUE",
          `Multiple definitions of exception '${name}' in the same rule`,
          at,
          "Give each exception of a rule a name of its own",
        ),
      );
    }
    exceptions.push(readException(collection, one.mapping, name, at, update));
  }
  return exceptions;
}

function readException(
  collection: Collection,
  item: Mapping,
  name: string,
  path: PlacePath,
  update: boolean,
): ExceptionDefinition {
  const fields = valueOf(item, "fields");
  if (fields === undefined && !update)
    throw invalid("Item has no mapping for key 'fields'", path, 'Add "fields: [field, …]"');
  const comps = valueOf(item, "comps");
  const values = valueOf(item, "values");
  if (values === undefined) {
    if (update) {
      collection.diagnostics.push(
        diagnosticAt(
          "LOAD_APPEND_NO_VALUES",
          "Overriding/appending exception with no values",
          path,
          'Add "values: …"; nothing is added without them',
        ),
      );
    }
  } else if (values.kind !== "sequence") {
    throw invalid(
      "Rule exception values must be a sequence",
      stepTo(path, "exception values", "", values.offset),
      'Write one "- …" for each row of values',
    );
  }
  return {
    name,
    ...(fields === undefined ? {} : { fields: toEntry(fields, path) }),
    ...(comps === undefined ? {} : { comps: trimEntry(toEntry(comps, path)) }),
    values: values?.kind === "sequence" ? values.items.map((row) => toEntry(row, path)) : [],
    path,
  };
}

function toEntry(value: Value, path: PlacePath): Entry {
  const at = stepTo(path, "value for", "", value.offset);
  switch (value.kind) {
    case "text":
      if (value.text === "") throw invalid("Value must be non-empty", at, "Write a value");
      return value.text;
    case "null":
      return [];
    case "sequence":
      return value.items.map((item) => toEntry(item, path));
    case "mapping":
      throw invalid("Could not decode scalar value", at, "Write a text or a sequence of texts");
  }
}

function trimEntry(entry: Entry): Entry {
  return typeof entry === "string"
    ? entry.trim().replaceAll(/\s+/g, " ")
    : entry.map((item) => trimEntry(item));
}
