import type { ListDefinition } from "./definitions.ts";

/** A list with the lists that it names put in their place. */
export interface ExpandedList {
  readonly name: string;
  readonly text: string;
}

/** Longer conditions are refused: lists in lists grow without bound. */
export const MAX_CONDITION_LENGTH = 4_000_000;

const DELIMITERS = " \t\n\r(),=";
const BLANKS = " \t\n\r";

/** Puts quotes around an item that holds a blank, unless it starts with one. */
export function quoteItem(item: string): string {
  return item.includes(" ") && !item.startsWith('"') && !item.startsWith("'") ? `"${item}"` : item;
}

/**
 * Makes the text of each list. An item that names a list defined before stands for that list's own items; `used` gets
 * the names of lists that stand in others.
 */
export function expandLists(
  lists: ReadonlyMap<string, ListDefinition>,
  used: Set<string>,
): ExpandedList[] {
  return [...lists.values()].map((list) => {
    const items = list.items.flatMap((item) => {
      const inner = lists.get(item);
      if (inner === undefined || inner.index >= list.visibility) return [item];
      used.add(inner.name);
      return inner.items;
    });
    return { name: list.name, text: items.map(quoteItem).join(", ") };
  });
}

/**
 * Replaces the names of lists in a condition by their items, as text: a name counts where it stands between blanks,
 * parentheses, commas, equal signs or the ends. An empty list takes a neighbouring comma with it. Undefined when the
 * text grows beyond {@link MAX_CONDITION_LENGTH}.
 */
export function replaceLists(
  condition: string,
  lists: readonly ExpandedList[],
  used: Set<string>,
): string | undefined {
  let text = condition;
  for (const list of lists) {
    if (!text.includes(list.name)) continue;
    text = replaceList(text, list, used);
    if (text.length > MAX_CONDITION_LENGTH) return undefined;
  }
  return text;
}

function replaceList(condition: string, list: ExpandedList, used: Set<string>): string {
  const { name, text } = list;
  let done = "";
  let rest = condition;
  if (name === "") return condition;
  let from = 0;
  for (;;) {
    const found = rest.indexOf(name, from);
    if (found === -1) return done + rest;
    let start = found;
    let end = found + name.length;
    // What was written before is in `done`; it ends where a name was replaced, in a blank.
    if (!isDelimiter(rest, start - 1) || !isDelimiter(rest, end)) {
      from = found + 1;
      continue;
    }
    used.add(name);
    while (start > 0 && BLANKS.includes(rest.charAt(start - 1))) start--;
    while (end < rest.length && BLANKS.includes(rest.charAt(end))) end++;
    if (text === "") {
      if (start > 0 && rest[start - 1] === ",") start--;
      else if (rest[end] === ",") end++;
    }
    const before = rest.slice(0, start);
    done += `${before === "" && done === "" ? "" : `${before} `}${text} `;
    rest = rest.slice(end);
    from = 0;
  }
}

/** Whether a character ends a name; so do the ends of the text. */
function isDelimiter(text: string, index: number): boolean {
  return index < 0 || index >= text.length || DELIMITERS.includes(text.charAt(index));
}
