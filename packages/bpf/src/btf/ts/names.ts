// Words that no type may be called in TypeScript.
const RESERVED = new Set(
  (
    "any as async await bigint boolean break case catch class const continue debugger declare default delete do else " +
    "enum export extends false finally for function if implements import in instanceof interface let never new null " +
    "number object package private protected public return static string super switch symbol this throw true try " +
    "type typeof undefined unknown var void while with yield"
  ).split(" "),
);

/** Gives each type a name that TypeScript takes and that nothing else has. */
export interface TsNames {
  /** The name for a type that is called `name` in C. Asking again gives the same for the same id. */
  of(id: number, name: string): string;
}

/** `taken` are names that are in use already. Reserved words get a `_`, second users of a name `___2`. */
export function createTsNames(taken: Iterable<string>): TsNames {
  const counts = new Map<string, number>();
  for (const name of taken) counts.set(name, 1);
  const given = new Map<number, string>();
  return {
    of(id, name) {
      const known = given.get(id);
      if (known !== undefined) return known;
      const word = name.replaceAll(/[^\w$]/g, "_").replace(/^(?=\d)/, "_");
      const legal = RESERVED.has(word) ? `${word}_` : word;
      const count = (counts.get(legal) ?? 0) + 1;
      counts.set(legal, count);
      const own = count === 1 ? legal : `${legal}___${count}`;
      given.set(id, own);
      return own;
    },
  };
}

/** A member's name as a property: as it is, or in quotes. */
export function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
