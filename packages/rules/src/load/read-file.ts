import { parseAllDocuments, type Document } from "yaml";

import { appendToList, appendToMacro, define, type Collection } from "./collection.ts";
import type { PathKind } from "./load-diagnostic.ts";
import { diagnosticAt, LoadProblem, stepTo, type PlacePath } from "./place-path.ts";
import { readOverrides, refuseBoth } from "./read-overrides.ts";
import { APPEND_DEPRECATED, readRule, RULE_KEYS } from "./read-rule.ts";
import { checkEngineVersion, checkPluginVersions } from "./requirements.ts";
import {
  invalid,
  keysOf,
  optionalBoolean,
  optionalTexts,
  requiredText,
  stepToValue,
  toValue,
  valueOf,
  type Mapping,
  type Value,
} from "./yaml-node.ts";

const IDENTIFIER = /^[a-zA-Z]+[a-zA-Z0-9_]*$/;
const BARE_TEXT = /^[^()"'\s=,]+$/;

/** What reading asks of its surroundings. */
export interface ReadOptions {
  readonly sources: ReadonlySet<string>;
  readonly plugins: ReadonlyMap<string, string>;
}

/** Reads a file's items into the collection; what is wrong goes to the collection's diagnostics. */
export function readFileInto(collection: Collection, file: PlacePath, options: ReadOptions): void {
  for (const document of parseAllDocuments(file.source.text, {
    schema: "failsafe",
    uniqueKeys: false,
    lineCounter: file.source.lines,
    prettyErrors: false,
    logLevel: "silent",
  })) {
    // The empty result of an empty file iterates as nothing.
    readDocument(collection, document, file, options);
  }
}

function readDocument(
  collection: Collection,
  document: Document.Parsed,
  file: PlacePath,
  options: ReadOptions,
): void {
  const [error] = document.errors;
  if (error !== undefined) {
    collection.diagnostics.push(
      diagnosticAt(
        "LOAD_ERR_YAML_PARSE",
        error.message.split("\n")[0] ?? error.message,
        stepTo(file, "value for", "", error.pos[0]),
        "Mend the YAML; an editor with YAML support shows the place",
      ),
    );
    return;
  }
  const value = toValue(document, document.contents);
  if (value.kind === "null") return;
  const refuse = (message: string): void => {
    const hint = 'Start each rule, macro or list with "- "';
    collection.diagnostics.push(diagnosticAt("LOAD_ERR_YAML_VALIDATE", message, file, hint));
  };
  if (value.kind === "text") refuse("Rules content is not yaml");
  else if (value.kind === "mapping") refuse("Rules content is not yaml array of objects");
  else for (const item of value.items) readItem(collection, item, file, options);
}

function readItem(
  collection: Collection,
  item: Value,
  file: PlacePath,
  options: ReadOptions,
): void {
  if (item.kind === "null") return;
  try {
    if (item.kind !== "mapping") {
      throw invalid(
        "Unexpected element type. Each element should be a yaml associative array.",
        stepTo(file, "rules content item", "", item.offset),
        'Start it with "rule:", "macro:" or "list:"',
      );
    }
    readMapping(collection, item.mapping, item.offset, file, options);
  } catch (error) {
    if (!(error instanceof LoadProblem)) throw error;
    collection.diagnostics.push(diagnosticAt(error.code, error.message, error.path, error.hint));
  }
}

function readMapping(
  collection: Collection,
  item: Mapping,
  offset: number,
  file: PlacePath,
  options: ReadOptions,
): void {
  const at = (kind: PathKind, name: string): PlacePath => stepTo(file, kind, name, offset);
  const named = (kind: "rule" | "macro" | "list"): string => requiredText(item, kind, at(kind, ""));
  if (valueOf(item, "required_engine_version") !== undefined)
    checkEngineVersion(item, { ...file, offset });
  else if (valueOf(item, "required_plugin_versions") !== undefined)
    checkPluginVersions(item, file, options.plugins);
  else if (valueOf(item, "list") !== undefined) {
    const name = named("list");
    readList(collection, item, name, at("list", name));
  } else if (valueOf(item, "macro") !== undefined) {
    const name = named("macro");
    readMacro(collection, item, name, at("macro", name));
  } else if (valueOf(item, "rule") !== undefined) {
    const name = named("rule");
    const path = at("rule", name);
    warnUnknownKeys(collection, item, RULE_KEYS, path);
    readRule(collection, item, name, path, options.sources);
  } else {
    collection.diagnostics.push(
      diagnosticAt(
        "LOAD_UNKNOWN_ITEM",
        "Unknown top level item",
        at("rules content item", ""),
        'An item has one of the keys "rule", "macro", "list", "required_engine_version", "required_plugin_versions"',
      ),
    );
  }
}

function readList(collection: Collection, item: Mapping, name: string, path: PlacePath): void {
  warnUnknownKeys(collection, item, ["list", "items", "append", "override"], path);
  if (!BARE_TEXT.test(name)) {
    collection.diagnostics.push(
      diagnosticAt(
        "LOAD_INVALID_LIST_NAME",
        "List has an invalid name. List names should match a regular expression: ([^()\"'[:space:]=,]+)",
        path,
        "Use a word: letters, digits and underscores",
      ),
    );
  }
  const items = optionalTexts(item, "items", path);
  if (items === undefined)
    throw invalid("Item has no mapping for key 'items'", path, 'Add "items: [a, b]"');
  if (readAppend(collection, item, "items", path)) appendToList(collection, name, items, path);
  else define(collection, collection.lists, { name, items, path });
}

function readMacro(collection: Collection, item: Mapping, name: string, path: PlacePath): void {
  warnUnknownKeys(collection, item, ["macro", "condition", "append", "override"], path);
  if (!IDENTIFIER.test(name)) {
    collection.diagnostics.push(
      diagnosticAt(
        "LOAD_INVALID_MACRO_NAME",
        "Macro has an invalid name. Macro names should match a regular expression: ([a-zA-Z]+[a-zA-Z0-9_]*)",
        path,
        "Use a word: letters, digits and underscores; no condition can refer to another name",
      ),
    );
  }
  const condition = requiredText(item, "condition", path);
  if (readAppend(collection, item, "condition", path)) {
    appendToMacro(collection, name, condition, path);
    return;
  }
  const conditionPath = stepToValue(item, "condition", "macro condition", path);
  define(collection, collection.macros, { name, condition, path, conditionPath });
}

function readAppend(collection: Collection, item: Mapping, key: string, path: PlacePath): boolean {
  const append = optionalBoolean(item, "append", path) ?? false;
  if (append) {
    collection.diagnostics.push(
      diagnosticAt("LOAD_DEPRECATED_ITEM", APPEND_DEPRECATED, path, 'Use "override"'),
    );
  }
  const overrides = readOverrides(item, [key], [key], path);
  refuseBoth(append, overrides, path);
  return append || overrides.append.has(key);
}

function warnUnknownKeys(
  collection: Collection,
  item: Mapping,
  known: readonly string[],
  path: PlacePath,
): void {
  for (const { name } of keysOf(item)) {
    if (known.includes(name)) continue;
    const message = `Unknown key '${name}'. The key will be ignored.`;
    const hint = `Keys that are read: ${known.join(", ")}`;
    collection.diagnostics.push(diagnosticAt("LOAD_UNKNOWN_KEY", message, path, hint));
  }
}
