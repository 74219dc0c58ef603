// Writes the public interface of every package into packages/NAME/api.txt, so that a change of it is seen in review:
//   npm run api                    writes the lists
//   npm run api -- --check         writes nothing; fails when a list would change
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { declarationOf } from "./api/declaration.ts";
import { root } from "./sources.ts";

/** The interface of the package whose `index.ts` is given, by the names that it exports. */
function listing(index: string): string {
  const text = readFileSync(index, "utf8");
  const entries: { readonly name: string; readonly lines: readonly string[] }[] = [];
  for (const [, names = "", file = ""] of text.matchAll(
    /^export (?:type )?\{([^}]*)\} from "([^"]+)";/gm,
  )) {
    const source = readFileSync(join(dirname(index), file), "utf8");
    for (const written of names.split(",")) {
      const name = written.replace(/^\s*type /, "").trim();
      if (name !== "") entries.push({ name, lines: declarationOf(source, name) });
    }
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const missing = entries.find(({ lines }) => lines.length === 0);
  if (missing !== undefined) throw new Error(`Cannot find "${missing.name}" of ${index}`);
  return entries.map(({ lines }) => `${lines.join("\n")}\n`).join("");
}

const check = process.argv.includes("--check");
for (const path of globSync("packages/*/src/index.ts", { cwd: root }).toSorted()) {
  const folder = dirname(dirname(path));
  const target = join(root, folder, "api.txt");
  const wanted = listing(join(root, path));
  const present = existsSync(target) ? readFileSync(target, "utf8") : "";
  if (present === wanted) continue;
  if (check) {
    console.error(`${folder}/api.txt: the public interface changed: look at it with "npm run api"`);
    process.exitCode = 1;
  } else {
    writeFileSync(target, wanted);
    console.log(`written  ${folder}/api.txt`);
  }
}
