import { stripVTControlCharacters } from "node:util";

/** A column of a table: its heading, and on which side its cells line up. */
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** How many terminal cells a text fills; colour codes fill none. */
function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

/**
 * Lines of a table with two spaces between columns: the heading, then the rows. Every column is as wide as its widest
 * cell, and lines end without trailing blanks.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string[] {
  const widths = columns.map((column, index) =>
    Math.max(widthOf(column.title), ...rows.map((row) => widthOf(row[index] ?? ""))),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, index) => {
        const cell = cells[index] ?? "";
        const padding = " ".repeat(Math.max(0, (widths[index] ?? 0) - widthOf(cell)));
        return column.align === "right" ? padding + cell : cell + padding;
      })
      .join("  ")
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...rows.map(line)];
}
