import type { RuleEvent } from "@ocelli/event";

import { isList } from "../compare/comparison.ts";
import type { Source } from "../source.ts";

/** Which letters are options, and which of them take a value. */
interface Options {
  readonly known: ReadonlySet<string>;
  readonly valued: ReadonlySet<string>;
}

/**
 * The source of `getopt(arguments, "n:t")` and of `getopt(…)[n]`: the options in a list of arguments as getopt(3) finds
 * them. Without index a list: each option and after it its value, `?` for one that is not known, an empty text where a
 * value is missing. With an index the value of that option, or its letter when it takes none; the last one counts, and it
 * is missing when the option is not there. Reading ends at `--` and at the first argument that is no option; long
 * options are passed over.
 */
export function getoptSource<E extends RuleEvent>(
  args: Source<E>,
  options: Source<E> | undefined,
  index: string | undefined,
): Source<E> | undefined {
  if (options === undefined) return undefined;
  let lastText: string | undefined;
  let lastOptions: Options = readOptions("");
  return {
    type: "text",
    list: index === undefined,
    transformed: false,
    read: (event) => {
      const text = options.read(event);
      const values = args.read(event);
      if (typeof text !== "string" || values === undefined || !isList(values)) return undefined;
      if (text !== lastText) {
        lastText = text;
        lastOptions = readOptions(text);
      }
      const found = findOptions(values.map(String), lastOptions);
      if (index === undefined)
        return found.flatMap(({ name, value }) => (value === undefined ? [name] : [name, value]));
      const last = found.findLast(({ letter }) => letter === index);
      return last === undefined ? undefined : (last.value ?? last.name);
    },
  };
}

function readOptions(text: string): Options {
  const known = new Set<string>();
  const valued = new Set<string>();
  for (let index = text.startsWith(":") ? 1 : 0; index < text.length; index++) {
    const letter = text.charAt(index);
    if (letter === ":") continue;
    known.add(letter);
    if (text[index + 1] !== ":") continue;
    valued.add(letter);
    index++;
  }
  return { known, valued };
}

/** An option that was found: its letter, unless it is not known, what stands for it, and its value. */
interface FoundOption {
  readonly letter?: string;
  readonly name: string;
  readonly value?: string;
}

function findOptions(args: readonly string[], { known, valued }: Options): FoundOption[] {
  const found: FoundOption[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg.length > 2 && arg.startsWith("--")) continue;
    if (arg === "--" || arg.length < 2 || !arg.startsWith("-")) break;
    for (let index = 1; index < arg.length; index++) {
      const letter = arg.charAt(index);
      if (!known.has(letter)) found.push({ name: "?" });
      else if (!valued.has(letter)) found.push({ letter, name: letter });
      else {
        const value = index + 1 < arg.length ? arg.slice(index + 1) : args[++at];
        found.push(value === undefined ? { letter, name: "" } : { letter, name: letter, value });
        break;
      }
    }
  }
  return found;
}
