import type { SourceLine, Span } from "@ocelli/bpf";

/** Finds the lines of places in several texts, whose spans name all but the first of them. */
export function createLineFinders(
  text: string,
  file: string,
  others: ReadonlyMap<string, string>,
): (span: Span) => SourceLine {
  const first = createLineFinder(text, file);
  const known = new Map([...others].map(([name, one]) => [name, createLineFinder(one, name)]));
  return (span) => (known.get(span.section ?? "") ?? first)(span);
}

/** Finds the line of a place in a text; lines and columns count from 1. */
function createLineFinder(text: string, file: string): (span: Span) => SourceLine {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return ({ offset }) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const start = starts[low] ?? 0;
    const end = starts[low + 1] ?? text.length + 1;
    return { file, line: low + 1, column: offset - start + 1, text: text.slice(start, end - 1) };
  };
}
