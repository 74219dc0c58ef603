import { completeException } from "./check-exception.ts";
import { appendToRule, define, enableRule, replaceInRule, type Collection } from "./collection.ts";
import { parsePriority, type Priority, type RuleUpdate } from "./definitions.ts";
import { diagnosticAt, LoadProblem, stepTo, type PlacePath } from "./place-path.ts";
import { readExceptions } from "./read-exceptions.ts";
import { readOverrides, refuseBoth, type Overrides } from "./read-overrides.ts";
import {
  invalid,
  optionalBoolean,
  optionalNumber,
  optionalText,
  optionalTexts,
  requiredText,
  stepToValue,
  valueOf,
  type Mapping,
} from "./yaml-node.ts";

const APPENDABLE = ["condition", "output", "desc", "tags", "exceptions"];
const REPLACEABLE = [
  ...APPENDABLE,
  "priority",
  "capture",
  "capture_duration",
  "enabled",
  "warn_evttypes",
  "skip-if-unknown-filter",
];

/** Keys that a rule may have. */
export const RULE_KEYS: readonly string[] = [
  "rule",
  ...REPLACEABLE,
  "source",
  "append",
  "override",
];

/** What `append: true` and a lone `enabled` are warned of with. */
export const APPEND_DEPRECATED: string =
  "'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead.";
const ENABLED_DEPRECATED =
  "The standalone 'enabled' key usage is deprecated. The correct approach requires also a 'replace' entry under the 'override' key (i.e. 'enabled: replace').";

/** Reads an item that starts with `rule:` into the collection. */
export function readRule(
  collection: Collection,
  item: Mapping,
  name: string,
  path: PlacePath,
  sources: ReadonlySet<string>,
): void {
  const append = optionalBoolean(item, "append", path) ?? false;
  if (append) warnDeprecated(collection, APPEND_DEPRECATED, path);
  const overrides = readOverrides(item, APPENDABLE, REPLACEABLE, path);
  refuseBoth(append, overrides, path);
  if (overrides.append.size + overrides.replace.size > 0)
    applyOverrides(collection, item, name, path, overrides);
  else if (append) {
    const keys = new Set(["condition", "exceptions"].filter((key) => hasKey(item, key)));
    appendToRule(collection, name, readUpdate(collection, item, keys, path), path);
  } else if (["condition", "output", "desc", "priority"].some((key) => hasKey(item, key)))
    defineRule(collection, item, name, path, sources);
  else {
    requiredText(item, "enabled", path);
    const enabled = optionalBoolean(item, "enabled", path) ?? true;
    warnDeprecated(collection, ENABLED_DEPRECATED, path);
    enableRule(collection, name, enabled, path);
  }
}

function defineRule(
  collection: Collection,
  item: Mapping,
  name: string,
  path: PlacePath,
  sources: ReadonlySet<string>,
): void {
  const condition = requiredText(item, "condition", path);
  const output = requiredText(item, "output", path).trim();
  const description = requiredText(item, "desc", path);
  const priority = readPriority(item, path);
  const source = optionalText(item, "source", path) ?? "syscall";
  const enabled = optionalBoolean(item, "enabled", path) ?? true;
  const warnEventTypes = optionalBoolean(item, "warn_evttypes", path) ?? true;
  const skipIfUnknownFilter = optionalBoolean(item, "skip-if-unknown-filter", path) ?? false;
  const capture = optionalBoolean(item, "capture", path) ?? false;
  const captureDurationMs = optionalNumber(item, "capture_duration", path);
  const tags = new Set(optionalTexts(item, "tags", path));
  const exceptions = readExceptions(collection, item, path, false);
  const sourceKnown = sources.has(source);
  const known = collection.rules.get(name);
  if (known !== undefined && known.source !== source) {
    throw new LoadProblem(
      "LOAD_ERR_VALIDATE",
      "Rule has been re-defined with a different source",
      path,
      `Give it another name, or "source: ${known.source}"`,
    );
  }
  if (!sourceKnown) {
    collection.diagnostics.push(
      diagnosticAt(
        "LOAD_UNKNOWN_SOURCE",
        `Unknown source ${source}, skipping`,
        path,
        `Sources that are known: ${[...sources].join(", ")}`,
      ),
    );
  }
  define(collection, collection.rules, {
    name,
    source,
    sourceKnown,
    condition,
    output,
    description,
    priority,
    tags,
    exceptions: exceptions.map((exception) =>
      completeException(exception, sourceKnown ? source : undefined),
    ),
    enabled,
    warnEventTypes,
    skipIfUnknownFilter,
    capture,
    captureDurationMs,
    path,
    conditionPath: stepToValue(item, "condition", "rule condition", path),
    outputPath: stepToValue(item, "output", "rule output", path),
  });
}

function applyOverrides(
  collection: Collection,
  item: Mapping,
  name: string,
  path: PlacePath,
  overrides: Overrides,
): void {
  const expect = (keys: ReadonlySet<string>, operation: string): void => {
    for (const key of keys) {
      if (hasKey(item, key)) continue;
      throw invalid(
        `An ${operation} override for '${key}' was specified but '${key}' is not defined`,
        path,
        `Add "${key}: …", or remove it under "override"`,
      );
    }
  };
  expect(overrides.append, "append");
  if (overrides.append.size > 0)
    appendToRule(collection, name, readUpdate(collection, item, overrides.append, path), path);
  expect(overrides.replace, "replace");
  const replaced = new Set([...overrides.replace].filter((key) => !overrides.append.has(key)));
  if (replaced.size > 0)
    replaceInRule(collection, name, readUpdate(collection, item, replaced, path), path);
  const unexpected = REPLACEABLE.find(
    (key) => hasKey(item, key) && !overrides.append.has(key) && !overrides.replace.has(key),
  );
  if (unexpected === undefined) return;
  throw invalid(
    `Unexpected key '${unexpected}': no corresponding entry under 'override' is defined.`,
    stepToOverride(item, unexpected, path),
    `Add "${unexpected}: append" or "${unexpected}: replace" under "override"`,
  );
}

function stepToOverride(item: Mapping, key: string, path: PlacePath): PlacePath {
  return stepTo(path, "overrides", key, valueOf(item, key)?.offset ?? path.offset);
}

function readUpdate(
  collection: Collection,
  item: Mapping,
  keys: ReadonlySet<string>,
  path: PlacePath,
): RuleUpdate {
  const update: RuleUpdate = {};
  const truth = (key: string): boolean => optionalBoolean(item, key, path) ?? false;
  if (keys.has("condition")) update.condition = requiredText(item, "condition", path);
  if (keys.has("exceptions")) update.exceptions = readExceptions(collection, item, path, true);
  if (keys.has("output")) update.output = requiredText(item, "output", path);
  if (keys.has("desc")) update.description = requiredText(item, "desc", path);
  if (keys.has("tags")) update.tags = optionalTexts(item, "tags", path) ?? [];
  if (keys.has("priority")) update.priority = readPriority(item, path);
  if (keys.has("capture")) update.capture = truth("capture");
  if (keys.has("capture_duration"))
    update.captureDurationMs = optionalNumber(item, "capture_duration", path) ?? 0;
  if (keys.has("enabled")) update.enabled = truth("enabled");
  if (keys.has("warn_evttypes")) update.warnEventTypes = truth("warn_evttypes");
  if (keys.has("skip-if-unknown-filter"))
    update.skipIfUnknownFilter = truth("skip-if-unknown-filter");
  return update;
}

function readPriority(item: Mapping, path: PlacePath): Priority {
  const priority = parsePriority(requiredText(item, "priority", path));
  if (priority !== undefined) return priority;
  throw invalid(
    "Invalid priority",
    stepToValue(item, "priority", "rule priority", path),
    "Use emergency, alert, critical, error, warning, notice, info or debug",
  );
}

function hasKey(item: Mapping, key: string): boolean {
  return valueOf(item, key) !== undefined;
}

function warnDeprecated(collection: Collection, message: string, path: PlacePath): void {
  collection.diagnostics.push(
    diagnosticAt("LOAD_DEPRECATED_ITEM", message, path, 'Use "override"'),
  );
}
