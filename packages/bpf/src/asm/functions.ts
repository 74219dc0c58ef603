import type { Instruction } from "./instruction.ts";

/**
 * The indexes at which functions begin, ascending: the first instruction, each that has a FUNC type, and each whose
 * symbol is called or has its address taken. Empty for no instructions.
 */
export function functionStarts(instructions: readonly Instruction[]): number[] {
  const named = new Set<string>();
  for (const { reference } of instructions)
    if (reference?.kind === "function") named.add(reference.name);
  const starts: number[] = [];
  instructions.forEach(({ symbol, functionTypeId }, index) => {
    const begins =
      index === 0 || functionTypeId !== undefined || (symbol !== undefined && named.has(symbol));
    if (begins) starts.push(index);
  });
  return starts;
}
