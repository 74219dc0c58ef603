import { readFileSync } from "node:fs";

/**
 * A secret as a configuration names it: `file:/run/secrets/token` is the content of a file without the line's end,
 * `env:TOKEN` an environment variable, anything else the secret itself. Throws when the file or the variable is not there,
 * so that no sink starts without what it needs.
 */
export function readSecret(named: string, environment: NodeJS.ProcessEnv = process.env): string {
  if (named.startsWith("env:")) {
    const value = environment[named.slice(4)];
    if (value !== undefined && value !== "") return value;
    throw new Error(`Cannot read the secret "${named}": the variable is not set`);
  }
  if (!named.startsWith("file:")) return named;
  try {
    return readFileSync(named.slice(5), "utf8").replace(/\r?\n$/, "");
  } catch (cause) {
    throw new Error(`Cannot read the secret "${named}": ${String(cause)}`, { cause });
  }
}
