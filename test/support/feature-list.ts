import type { Feature } from "@ocelli/linux";

/** What a feature's test says of itself. */
export interface ListedFeature {
  readonly feature: string;
  readonly fixture: string;
  readonly needs: readonly Feature[];
}

/** What the test files say when they are imported to be listed, not run; `undefined` in a test run. */
export const listed: ListedFeature[] | undefined =
  process.env["OCELLI_LIST_FEATURES"] === undefined ? undefined : [];

/** Notes down a feature. True when it is only listed: then no test is made of it. */
export function listFeature(row: ListedFeature): boolean {
  listed?.push(row);
  return listed !== undefined;
}
