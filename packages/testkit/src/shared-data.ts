import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Finds `shared/data/PATH` beside the repository or above it; undefined where the machine has no such data, and then a
 * test skips with {@link sharedDataMissing}.
 */
export function sharedData(path: string): string | undefined {
  let folder = import.meta.dirname;
  while (dirname(folder) !== folder) {
    const candidate = join(folder, "shared/data", path);
    if (existsSync(candidate)) return candidate;
    folder = dirname(folder);
  }
  return undefined;
}

/** Why a test that wants `shared/data/PATH` is skipped here; false when it can run. */
export function sharedDataMissing(path: string): string | false {
  return sharedData(path) === undefined
    ? `shared/data/${path} is not beside the repository`
    : false;
}

/** The rows of a file of one JSON value a line; none when the file is not there. */
export function sharedRows<Row>(path: string): Row[] {
  const file = sharedData(path);
  if (file === undefined) return [];
  return (
    readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      // The caller names the shape that the data's own README states.
      .map((line) => JSON.parse(line) as Row)
  );
}
