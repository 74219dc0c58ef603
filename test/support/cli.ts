import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** How a run of the command line ended. */
export interface CliRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `ocelli` from its sources in a process of its own, without a terminal. */
export function ocelli(args: readonly string[], options: { timeoutMs?: number } = {}): CliRun {
  const main = join(root, "packages/cli/src/main.ts");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=development", main, ...args],
    { encoding: "utf8", timeout: options.timeoutMs ?? 60_000, maxBuffer: 2 ** 28 },
  );
  return { status, stdout, stderr };
}
