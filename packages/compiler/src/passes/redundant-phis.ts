import type { IrFunction, Value } from "../ir/ir.ts";

/**
 * Phis that choose among each other and one value more: a circle of them, such as nested loops make of a variable that they
 * leave alone, is that value. Strongly connected components after Tarjan, as Braun et al. propose.
 */
export function findRedundantPhis(
  { blocks }: IrFunction,
  follow: (value: Value) => Value,
): ReadonlyMap<Value, Value> {
  const inputs = new Map<Value, readonly Value[]>();
  for (const { instructions } of blocks)
    for (const one of instructions)
      if (one.op === "phi" && follow(one.id) === one.id)
        inputs.set(one.id, [...new Set(one.inputs.map(follow))]);
  const found = new Map<Value, Value>();
  for (const component of components(inputs)) {
    const outside = new Set(
      [...component].flatMap((phi) =>
        (inputs.get(phi) ?? []).filter((input) => !component.has(input)),
      ),
    );
    const [only] = outside;
    if (outside.size !== 1 || only === undefined) continue;
    for (const phi of component) found.set(phi, found.get(only) ?? only);
  }
  return found;
}

/** Circles of phis, each behind those that it takes values from. */
function components(inputs: ReadonlyMap<Value, readonly Value[]>): readonly ReadonlySet<Value>[] {
  const found: Set<Value>[] = [];
  const numbers = new Map<Value, number>();
  const lowest = new Map<Value, number>();
  const waiting: Value[] = [];
  const isWaiting = new Set<Value>();
  const visit = (value: Value): void => {
    const number = numbers.size;
    numbers.set(value, number);
    lowest.set(value, number);
    waiting.push(value);
    isWaiting.add(value);
    for (const input of inputs.get(value) ?? []) {
      if (!inputs.has(input)) continue;
      if (!numbers.has(input)) {
        visit(input);
        lowest.set(value, Math.min(lowest.get(value) ?? 0, lowest.get(input) ?? 0));
      } else if (isWaiting.has(input))
        lowest.set(value, Math.min(lowest.get(value) ?? 0, numbers.get(input) ?? 0));
    }
    if (lowest.get(value) !== number) return;
    const component = new Set<Value>();
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
      isWaiting.delete(one);
      component.add(one);
      if (one === value) break;
    }
    found.push(component);
  };
  for (const value of inputs.keys()) if (!numbers.has(value)) visit(value);
  return found;
}
