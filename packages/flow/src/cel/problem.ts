/** Where an expression is wrong, and how: cel-go's words. `at` is an offset in the source. */
export interface CelProblem {
  readonly at: number;
  readonly message: string;
}

/** An expression that cannot be compiled: thrown inside `cel/` only. */
export class CelSyntaxError extends Error {
  override name = "CelSyntaxError";
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** An evaluation that failed: the flow counts as no match. */
export class CelRuntimeError extends Error {
  override name = "CelRuntimeError";
}

/** The problems as cel-go prints them: place, message, the line and a pointer of dots below it. */
export function formatCelProblems(source: string, problems: readonly CelProblem[]): string {
  return problems
    .toSorted((left, right) => left.at - right.at)
    .map(({ at, message }) => {
      const before = source.slice(0, at).split("\n");
      const line = source.split("\n")[before.length - 1] ?? "";
      const column = Array.from(before.at(-1) ?? "").length;
      const place = `ERROR: <input>:${before.length}:${column + 1}: ${message}`;
      return `${place}\n | ${line.replaceAll("\t", " ")}\n | ${".".repeat(column)}^`;
    })
    .join("\n");
}
