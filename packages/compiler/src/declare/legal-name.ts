const RESERVED: ReadonlySet<string> = new Set(
  (
    "any bigint boolean break case catch class const continue debugger default delete do else enum export extends false " +
    "finally for function if implements import in instanceof interface let never new null number object package private " +
    "protected public return static string super switch symbol this throw true try type typeof undefined unknown var " +
    "void while with yield"
  ).split(" "),
);

/** A C name as TypeScript takes it: reserved words get a `_`. */
export function legalName(name: string): string {
  return RESERVED.has(name) ? `${name}_` : name;
}
