import {
  formatConfig,
  makeConfig,
  readConfig,
  type Config,
  type ConfigProblem,
} from "@ocelli/agent";

import type { CliContext } from "../context.ts";
import { EXIT, RefusedError, UsageError } from "../exit.ts";
import { readInput } from "../input.ts";

/** Flags of `ocelli config check` and `ocelli config print`. */
export interface ConfigFlags {
  readonly json: boolean;
}

/** `ocelli config check`: exits with 1 when something is wrong. */
export async function checkConfig(
  context: CliContext,
  { json }: ConfigFlags,
  path?: string,
): Promise<void> {
  if (path === undefined) throw new UsageError("Cannot check nothing: name a file");
  const result = readConfig(new TextDecoder().decode(await readInput(path)));
  const problems = result.ok ? [] : result.problems;
  const { stdout } = context.process;
  if (json) stdout.write(`${JSON.stringify({ ok: result.ok, problems }, null, 2)}\n`);
  else if (result.ok) stdout.write(`${path}: nothing is wrong\n`);
  else stdout.write(`${formatProblems(path, problems)}\n`);
  if (!result.ok) context.process.exitCode = EXIT.refused;
}

/** `ocelli config print`. */
export async function printConfig(
  context: CliContext,
  { json }: ConfigFlags,
  path?: string,
): Promise<void> {
  const config = path === undefined ? makeConfig(new Map()) : await loadConfigFile(path);
  context.process.stdout.write(
    json ? `${JSON.stringify(config, null, 2)}\n` : formatConfig(config),
  );
}

/** Reads a configuration; refuses one in which something is wrong. */
export async function loadConfigFile(path: string): Promise<Config> {
  const result = readConfig(new TextDecoder().decode(await readInput(path)));
  if (!result.ok) throw new RefusedError(formatProblems(path, result.problems));
  return result.config;
}

function formatProblems(path: string, problems: readonly ConfigProblem[]): string {
  return problems
    .map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`)
    .join("\n");
}
