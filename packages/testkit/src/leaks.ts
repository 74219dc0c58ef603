import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { linkIds, openKernel, type Link } from "@ocelli/linux";

/** Far beyond a grace period, also on an emulated processor. */
const GRACE_MS = 5000;

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
  const attached = (): number[] => {
    const alive = new Set(linkIds(openKernel()));
    return made.filter((id) => alive.has(id));
  };
  // What was pinned goes after a grace period: bpf_free_inode() of kernel/bpf/inode.c.
  const deadline = performance.now() + GRACE_MS;
  while (attached().length > 0 && performance.now() < deadline) await sleep(10);
  assert.deepEqual({ descriptors: after, links: attached() }, { descriptors: before, links: [] });
}
