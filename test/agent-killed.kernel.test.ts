import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

import { openKernel, openProgramById } from "@ocelli/linux";
import { kernelTest } from "@ocelli/testkit";

import { ocelliArguments } from "./support/cli.ts";

/** Ids of the programs that a process holds, by itself or through links. */
function programsOf(pid: number): Set<number> {
  const ids = new Set<number>();
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    const id = /^prog_id:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"))?.[1];
    if (id !== undefined) ids.add(Number(id));
  }
  return ids;
}

kernelTest("an agent that is killed leaves no program in the kernel", {}, async () => {
  const child = spawn(process.execPath, ocelliArguments(["start", "--port", "0", "--no-page"]), {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface(child.stdout)) if (line.startsWith("Metrics: ")) break;
  const pid = child.pid ?? 0;
  const ids = programsOf(pid);
  assert.equal(ids.size, 4);
  const kernel = openKernel();
  const present = (): number[] =>
    [...ids].filter((id) => {
      using program = openProgramById(kernel, id);
      return program !== undefined;
    });
  assert.deepEqual(present(), [...ids]);
  child.kill("SIGKILL");
  await once(child, "close");
  // The kernel frees programs a moment after their last user.
  for (let tries = 0; tries < 100 && present().length > 0; tries += 1) await sleep(50);
  assert.deepEqual(present(), []);
});
