import type { Print, Row } from "./tool.ts";

/** Prints a row per line, as JSON or in columns below a head. */
export function createPrinter(
  write: (text: string) => void,
  columns: Readonly<Record<string, number>>,
  json: boolean,
): Print {
  if (json)
    return (row) => {
      write(`${rowToJson(row)}\n`);
    };
  let begun = false;
  return (row) => {
    if (!begun)
      write(line(Object.entries(columns).map(([name, width]) => [name.toUpperCase(), width])));
    begun = true;
    write(line(Object.entries(columns).map(([name, width]) => [textOf(row[name]), width])));
  };
}

function line(cells: readonly (readonly [text: string, width: number])[]): string {
  return `${cells
    .map(([text, width]) => text.padEnd(width))
    .join(" ")
    .trimEnd()}\n`;
}

function textOf(value: Row[string] | undefined): string {
  if (value === undefined) return "";
  return Array.isArray(value) ? value.join(" ") : String(value);
}

/** A row as JSON: 64-bit numbers that a double cannot hold become strings. */
export function rowToJson(row: Row): string {
  return JSON.stringify(row, (_key, value: unknown) => {
    if (typeof value !== "bigint") return value;
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  });
}
