import { createHash } from "node:crypto";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "..");

/**
 * The folder of the built page: that of the installed package, or one below `cache` that belongs to the present sources and is
 * built when it is not there. That takes two seconds, once for each change of the page.
 */
export async function pageFolder(cache: string): Promise<string> {
  const shipped = join(FOLDER, "dist");
  if (existsSync(join(shipped, "index.html"))) return shipped;
  const target = join(cache, `page-${digestOfSources()}`);
  if (existsSync(join(target, "index.html"))) return target;
  mkdirSync(cache, { recursive: true });
  // Built beside its place and moved there, so that two starts at the same time never see half a page.
  const made = mkdtempSync(join(cache, "page-new-"));
  await buildPage(made);
  try {
    renameSync(made, target);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    if (!existsSync(join(target, "index.html"))) throw error;
  }
  return target;
}

/** Builds the page into a folder. */
export async function buildPage(target: string): Promise<void> {
  const [{ build }, { default: react }] = await Promise.all([
    import("vite"),
    import("@vitejs/plugin-react"),
  ]);
  await build({
    root: FOLDER,
    configFile: false,
    logLevel: "error",
    plugins: [react()],
    build: { outDir: target, emptyOutDir: true, reportCompressedSize: false },
  });
}

function digestOfSources(): string {
  const hash = createHash("sha256");
  const sources = globSync(["src/**/*", "index.html", "package.json", "build/*.ts"], {
    cwd: FOLDER,
  });
  for (const path of sources.toSorted()) {
    if (!/\.\w+$/.test(path)) continue;
    hash.update(`${path}\0`).update(readFileSync(join(FOLDER, path)));
  }
  return hash.digest("hex").slice(0, 16);
}
