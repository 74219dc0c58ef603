import { toJson } from "../output/json.ts";
import type { PrintedMap } from "./map-contents.ts";

/** Maps with their entries, an entry a line. */
export function formatMaps(maps: readonly PrintedMap[]): string[] {
  return maps.flatMap(({ name, entries, leftOut }) => [
    `map ${name}`,
    ...entries.map(({ key, value }) => `  ${toJson(key)}: ${toJson(value)}`),
    ...(leftOut === 0 ? [] : [`  (${leftOut} more)`]),
  ]);
}
