import { completeException } from "./check-exception.ts";
import {
  isMissing,
  type ExceptionDefinition,
  type ListDefinition,
  type MacroDefinition,
  type RuleDefinition,
  type RuleUpdate,
} from "./definitions.ts";
import type { RuleDiagnostic } from "./load-diagnostic.ts";
import { LoadProblem, type PlacePath } from "./place-path.ts";

/** Everything that the files read so far define, in the order of first definition. */
export interface Collection {
  readonly lists: Map<string, ListDefinition>;
  readonly macros: Map<string, MacroDefinition>;
  readonly rules: Map<string, RuleDefinition>;
  /** Remarks about the file that is being read. */
  diagnostics: RuleDiagnostic[];
  nextIndex: number;
}

/** A collection without definitions. */
export function emptyCollection(): Collection {
  return { lists: new Map(), macros: new Map(), rules: new Map(), diagnostics: [], nextIndex: 0 };
}

/** What an item is given when it is defined: its place among all definitions. */
export type Unplaced<T> = Omit<T, "index" | "visibility">;

/** Defines, or defines anew: the place of the first definition is kept. */
export function define<T extends { readonly name: string; index: number; visibility: number }>(
  collection: Collection,
  items: Map<string, T>,
  item: Unplaced<T> & { readonly name: string },
): void {
  const visibility = collection.nextIndex++;
  const index = items.get(item.name)?.index ?? visibility;
  // Unplaced<T> lacks nothing of T but the two that are added here.
  items.set(item.name, { ...item, index, visibility } as unknown as T);
}

/** Appends items to a list that must be there. */
export function appendToList(
  collection: Collection,
  name: string,
  items: readonly string[],
  path: PlacePath,
): void {
  const list = existing(
    collection.lists.get(name),
    "List uses 'append' or 'override.items: append' but no list by that name already exists",
    path,
  );
  list.items = [...list.items, ...items];
  list.visibility = collection.nextIndex++;
}

/** Appends text to the condition of a macro that must be there. */
export function appendToMacro(
  collection: Collection,
  name: string,
  condition: string,
  path: PlacePath,
): void {
  const macro = existing(
    collection.macros.get(name),
    "Macro uses 'append' or 'override.condition: append' but no macro by that name already exists",
    path,
  );
  macro.condition += ` ${condition}`;
  macro.visibility = collection.nextIndex++;
}

/** Appends to a rule that must be there. */
export function appendToRule(
  collection: Collection,
  name: string,
  update: RuleUpdate,
  path: PlacePath,
): void {
  const rule = existing(
    collection.rules.get(name),
    "Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists",
    path,
  );
  if (Object.keys(update).length === 0) {
    throw new LoadProblem(
      "LOAD_ERR_VALIDATE",
      "Appended rule must have exceptions or condition property",
      path,
      "Add the key that is appended",
    );
  }
  if (update.condition !== undefined) rule.condition += ` ${update.condition}`;
  if (update.output !== undefined) rule.output += ` ${update.output}`;
  if (update.description !== undefined) rule.description += ` ${update.description}`;
  if (update.tags !== undefined) rule.tags = new Set([...rule.tags, ...update.tags]);
  for (const exception of update.exceptions ?? []) appendException(rule, exception);
  rule.visibility = collection.nextIndex++;
}

/** Replaces parts of a rule that must be there. */
export function replaceInRule(
  collection: Collection,
  name: string,
  update: RuleUpdate,
  path: PlacePath,
): void {
  const rule = existing(
    collection.rules.get(name),
    "An 'override.<key>: replace' to a rule was requested but no rule by that name already exists",
    path,
  );
  const { tags, ...rest } = update;
  Object.assign(rule, rest);
  if (tags !== undefined) rule.tags = new Set(tags);
  rule.visibility = collection.nextIndex++;
}

/** Switches a rule that must be there on or off. */
export function enableRule(
  collection: Collection,
  name: string,
  enabled: boolean,
  path: PlacePath,
): void {
  const rule = existing(
    collection.rules.get(name),
    "Rule has 'enabled' key but no rule by that name already exists",
    path,
  );
  rule.enabled = enabled;
}

function appendException(rule: RuleDefinition, exception: ExceptionDefinition): void {
  const refuse = (message: string, hint: string): LoadProblem =>
    new LoadProblem("LOAD_ERR_VALIDATE", message, exception.path, hint);
  const at = rule.exceptions.findIndex(({ name }) => name === exception.name);
  const known = rule.exceptions[at];
  if (known === undefined) {
    if (isMissing(exception.fields)) {
      throw refuse(
        "Rule exception must have fields property with a list of fields",
        "Add fields; the rule has no exception of that name yet",
      );
    }
    if (exception.values.length === 0) {
      throw refuse(
        "Rule exception must have values property with a list of values",
        "Add values; the rule has no exception of that name yet",
      );
    }
    rule.exceptions = [
      ...rule.exceptions,
      completeException(exception, rule.sourceKnown ? rule.source : undefined),
    ];
    return;
  }
  if (!isMissing(exception.fields)) {
    throw refuse(
      "Can not append exception fields to existing exception, only values",
      "Leave fields out, or give the exception another name",
    );
  }
  if (!isMissing(exception.comps)) {
    throw refuse(
      "Can not append exception comps to existing exception, only values",
      "Leave comps out, or give the exception another name",
    );
  }
  rule.exceptions = rule.exceptions.with(at, {
    ...known,
    values: [...known.values, ...exception.values],
  });
}

function existing<T>(item: T | undefined, message: string, path: PlacePath): T {
  if (item !== undefined) return item;
  throw new LoadProblem(
    "LOAD_ERR_VALIDATE",
    message,
    path,
    "Check the name, and load the file that defines it first",
  );
}
