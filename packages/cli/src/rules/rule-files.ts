import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

import type { RuleFile } from "@ocelli/rules";

import { RefusedError } from "../exit.ts";
import { readInput } from "../input.ts";

/** Reads rule files in the order given; a folder stands for the YAML files in it, by name, not those below. */
export async function readRuleFiles(paths: readonly string[]): Promise<RuleFile[]> {
  const files: RuleFile[] = [];
  for (const path of paths) {
    const isFolder = await stat(path).then(
      (found) => found.isDirectory(),
      // Reading it says what is wrong.
      () => false,
    );
    if (!isFolder) {
      files.push({ name: path, text: new TextDecoder().decode(await readInput(path)) });
      continue;
    }
    const names = (await readdir(path)).filter((name) => /\.ya?ml$/.test(name)).toSorted();
    if (names.length === 0)
      throw new RefusedError(`Cannot read "${path}": the folder holds no .yaml or .yml file`);
    for (const name of names) {
      const file = join(path, name);
      files.push({ name: file, text: await readFile(file, "utf8") });
    }
  }
  return files;
}
