/**
 * Rows as Go's tabwriter aligns them with two columns of minimum width and three of padding: a column is as wide as its
 * widest cell of neighbouring rows plus three; the last cell of a row is not padded. A cell that no row beside it has
 * starts a block of its own.
 */
export function alignRows(rows: readonly (readonly string[])[]): string {
  const lines = rows.map(() => "");
  align(rows, lines, 0, rows.length, 0);
  return lines.map((line) => `${line}\n`).join("");
}

function align(
  rows: readonly (readonly string[])[],
  lines: string[],
  from: number,
  to: number,
  column: number,
): void {
  let row = from;
  while (row < to) {
    const cells = rows[row] ?? [];
    if (column >= cells.length - 1) {
      lines[row] += cells[column] ?? "";
      row += 1;
      continue;
    }
    // The block of rows that have this column with a cell behind it.
    let end = row;
    let width = 0;
    while (end < to && column < (rows[end]?.length ?? 0) - 1) {
      width = Math.max(width, widthOf(rows[end]?.[column] ?? ""));
      end += 1;
    }
    const total = width === 0 ? 3 : Math.max(2, width + 3);
    for (let index = row; index < end; index += 1) {
      const cell = rows[index]?.[column] ?? "";
      lines[index] += cell + " ".repeat(total - widthOf(cell));
    }
    align(rows, lines, row, end, column + 1);
    row = end;
  }
}

/** Go counts code points. */
function widthOf(text: string): number {
  return Array.from(text).length;
}
