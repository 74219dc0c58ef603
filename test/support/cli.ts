import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** How a run of the command line ended. */
export interface CliRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What Node is started with to run `ocelli` from its sources. */
export function ocelliArguments(args: readonly string[]): string[] {
  return ["--conditions=development", join(root, "packages/cli/src/main.ts"), ...args];
}

/** Runs `ocelli` from its sources in a process of its own, without a terminal. */
export function ocelli(args: readonly string[], options: { timeoutMs?: number } = {}): CliRun {
  const { status, stdout, stderr } = spawnSync(process.execPath, ocelliArguments(args), {
    encoding: "utf8",
    timeout: options.timeoutMs ?? 60_000,
    maxBuffer: 2 ** 28,
  });
  return { status, stdout, stderr };
}
