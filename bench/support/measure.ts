import { appendFileSync } from "node:fs";

/** One contender: does the same work each time and gives its speed, in whatever unit all of them use. */
export interface Contender {
  readonly name: string;
  readonly run: () => number | Promise<number>;
}

/** The middle of the values; of two middles the lower one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
}

/** One line of the table at the end of `npm run bench`. */
export interface Row {
  readonly title: string;
  readonly unit: string;
  readonly name: string;
  readonly value: number;
  /** Above 1: better than the first contender. */
  readonly ratio: number;
}

/** Units of which less is better. */
const COSTS: ReadonlySet<string> = new Set(["ms", "ns", "MiB"]);

/**
 * Runs contenders by turns, so that what disturbs the machine disturbs all of them, and prints each one's median and the
 * median of its rounds' ratios to the first. A ratio is one of goodness: of speeds, or the inverse of times and memory.
 * `warmUp` rounds come before and do not count.
 */
export async function compare(
  title: string,
  unit: string,
  contenders: readonly Contender[],
  { rounds = 31, warmUp = 5 }: { rounds?: number; warmUp?: number } = {},
): Promise<void> {
  const values = contenders.map((): number[] => []);
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const [index, contender] of contenders.entries()) {
      const value = await contender.run();
      if (round >= 0) values[index]?.push(value);
    }
  }
  const first = values[0] ?? [];
  const rows = contenders.map(({ name }, index): Row => {
    const own = values[index] ?? [];
    const ratio = median(own.map((value, round) => value / (first[round] ?? Number.NaN)));
    return { title, unit, name, value: median(own), ratio: COSTS.has(unit) ? 1 / ratio : ratio };
  });
  console.log(`\n${title}`);
  printRows(rows);
  const file = process.env["OCELLI_BENCH_ROWS"];
  if (file !== undefined)
    appendFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}

function printRows(rows: readonly Row[]): void {
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, value, unit, ratio } of rows)
    console.log(
      `  ${name.padEnd(width)} ${value.toFixed(1).padStart(8)} ${unit}  ${ratio.toFixed(2)}×`,
    );
}
