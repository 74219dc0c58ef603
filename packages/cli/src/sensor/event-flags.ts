import { eventType } from "@ocelli/sensor";

import { UsageError } from "../exit.ts";

/** Checks names of events that a person gave; names the first that does not exist. */
export function checkEvents(kinds: readonly string[]): readonly string[] {
  const unknown = kinds.find((kind) => eventType(kind) === undefined);
  if (unknown === undefined) return kinds;
  throw new UsageError(
    `Cannot watch "${unknown}": there is no such event; events are system calls and procexit`,
  );
}
