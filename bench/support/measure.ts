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

/**
 * Runs contenders by turns, so that what disturbs the machine disturbs all of them, and prints the medians with each one's
 * ratio to the first. `warmUp` rounds come before and do not count. Gives the ratios.
 */
export async function compare(
  title: string,
  unit: string,
  contenders: readonly Contender[],
  { rounds = 31, warmUp = 5 }: { rounds?: number; warmUp?: number } = {},
): Promise<number[]> {
  const speeds = contenders.map((): number[] => []);
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const [index, contender] of contenders.entries()) {
      const speed = await contender.run();
      if (round >= 0) speeds[index]?.push(speed);
    }
  }
  const medians = speeds.map(median);
  const ratios = medians.map((value) => value / (medians[0] ?? Number.NaN));
  const width = Math.max(...contenders.map(({ name }) => name.length));
  console.log(`\n${title}`);
  for (const [index, { name }] of contenders.entries()) {
    const value = (medians[index] ?? Number.NaN).toFixed(1).padStart(8);
    const ratio = (ratios[index] ?? Number.NaN).toFixed(2);
    console.log(`  ${name.padEnd(width)} ${value} ${unit}  ${ratio}×`);
  }
  return ratios;
}
