import type { FieldProvider, RuleEvent } from "@ocelli/event";
import type { EventTypes } from "@ocelli/rules";

/**
 * Which kinds of events may fit one of the conditions: a 1 at the number of each. Kinds without a name of their own are
 * wanted as soon as a condition may hold for a name that only they can have.
 */
export function wantedTypes<E extends RuleEvent>(
  conditions: readonly EventTypes[],
  provider: FieldProvider<E>,
): Uint8Array {
  const wanted = new Uint8Array(Math.max(...provider.eventTypes) + 1);
  for (const { names, complement } of conditions) {
    if (!complement) {
      for (const name of names) for (const type of provider.typesOfName(name)) wanted[type] = 1;
      continue;
    }
    for (const type of provider.eventTypes) {
      const name = provider.nameOfType(type);
      if (name === undefined || !names.has(name)) wanted[type] = 1;
    }
  }
  return wanted;
}
