import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** A fenced `ts` block of the documentation, written out as a module. */
export interface DocExample {
  /** Where it stands, e.g. `docs/loading.md:12`. */
  readonly place: string;
  /** The module's path from the root. */
  readonly path: string;
  /** Marked `ts run`: it is also executed, as root. */
  readonly runs: boolean;
}

/**
 * Writes every `ts` block of the documentation into a folder of its page below `.cache` and lists them. A block may name its
 * file, as in `ts probe.bpf.ts`, for others of the page to import.
 */
export function writeDocExamples(folder: string): DocExample[] {
  const target = join(root, ".cache", folder);
  rmSync(target, { recursive: true, force: true });
  const pages = globSync(["*.md", "docs/**/*.md", "packages/*/README.md"], {
    cwd: root,
  }).toSorted();
  return pages.flatMap((page) => {
    const text = readFileSync(join(root, page), "utf8");
    const own = page.replaceAll(/[/.]/g, "-");
    const blocks = text.matchAll(/^```ts(?: ([\w.-]+\.ts))?( run)?\n([\s\S]*?)^```$/gm);
    return Array.from(blocks, ([whole, named, run, code = ""]) => {
      const line = text.slice(0, text.indexOf(whole)).split("\n").length;
      mkdirSync(join(target, own), { recursive: true });
      const path = join(".cache", folder, own, named ?? `line-${line}.ts`);
      // An example without imports is still a module of its own.
      writeFileSync(join(root, path), named === undefined ? `${code}\nexport {};\n` : code);
      return { place: `${page}:${line}`, path, runs: run !== undefined };
    });
  });
}

/** Writes a tsconfig beside the examples and returns its path from the root. */
export function writeDocConfig(folder: string): string {
  const path = join(".cache", folder, "tsconfig.json");
  const config = {
    extends: "../../tsconfig.base.json",
    compilerOptions: {
      noUnusedLocals: false,
      isolatedDeclarations: false,
      declaration: false,
      // An index in a kernel program always gives an element.
      noUncheckedIndexedAccess: false,
    },
    include: ["**/*.ts"],
  };
  writeFileSync(join(root, path), JSON.stringify(config));
  return path;
}

/** The repository's root folder. */
export const repositoryRoot: string = root;
