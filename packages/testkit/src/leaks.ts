import assert from "node:assert/strict";
import { readdirSync } from "node:fs";

import { linkIds, openKernel, type Link } from "@ocelli/linux";

/**
 * Runs `body` and fails when it leaves a file descriptor open, or one of the links that it handed to `track` attached.
 */
export async function assertNoLeaks(
  body: (track: <L extends Link>(link: L) => L) => void | Promise<void>,
): Promise<void> {
  const descriptors = (): string[] => readdirSync("/proc/self/fd");
  const made: number[] = [];
  const before = descriptors();
  await body((link) => {
    const id = link.info()?.id;
    if (id !== undefined) made.push(id);
    return link;
  });
  const after = descriptors();
  const alive = new Set(linkIds(openKernel()));
  assert.deepEqual(
    { descriptors: after, links: made.filter((id) => alive.has(id)) },
    { descriptors: before, links: [] },
  );
}
