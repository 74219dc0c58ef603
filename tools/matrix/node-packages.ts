// Which folders of node_modules a guest needs: what the workspaces under test depend on, and nothing of the tools.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { root } from "../sources.ts";

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

/** Packages that tests import without their workspace declaring it. */
const TEST_PACKAGES = ["@ocelli/testkit", "fast-check"];
/** What only building the page needs, which no guest does: 34 MB that every boot would unpack. */
const LEFT_OUT: ReadonlySet<string> = new Set(["vite", "@vitejs/plugin-react"]);

function manifestOf(name: string): Manifest | undefined {
  const path = join(root, "node_modules", name, "package.json");
  // A package's manifest has this shape; unknown fields do not matter.
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Manifest) : undefined;
}

/**
 * Names of the installed packages that the workspaces holding `files` reach, workspaces among them. Optional
 * dependencies of other platforms are not installed, so they fall out.
 */
export function packagesFor(files: readonly string[]): string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    const manifest = found.has(name) || LEFT_OUT.has(name) ? undefined : manifestOf(name);
    if (manifest === undefined) return;
    found.add(name);
    for (const dependency of Object.keys({
      ...manifest.dependencies,
      ...manifest.optionalDependencies,
    })) {
      visit(dependency);
    }
  };
  for (const name of TEST_PACKAGES) visit(name);
  const owners = files.map((file) => /^packages\/([^/]+)\//.exec(file)?.[1]);
  // A test outside of the packages may start the command line and with it anything.
  const workspaces = owners.includes(undefined)
    ? readdirSync(join(root, "packages"))
    : [...new Set(owners)].filter((name) => name !== undefined);
  for (const folder of workspaces) {
    const path = join(root, "packages", folder, "package.json");
    const manifest = JSON.parse(readFileSync(path, "utf8")) as Manifest & { name: string };
    visit(manifest.name);
    // Other workspaces that only a package's tests import.
    for (const dependency of Object.keys(manifest.devDependencies ?? {}))
      if (dependency.startsWith("@ocelli/")) visit(dependency);
  }
  return [...found].toSorted();
}
