import { compileGlob } from "./glob.ts";

/** One level of paths: names that end a path here have no level below. */
interface PathLevel {
  readonly names: Map<string, PathLevel | null>;
  readonly globs: {
    readonly name: string;
    readonly fits: (name: string) => boolean;
    below: PathLevel | null;
  }[];
}

/**
 * Makes a test whether one of `paths` leads another path: `/etc` leads `/etc/shadow` and `/etc`, not `/etcd`. Parts of
 * paths may hold `*`, `?` and sets. Empty parts do not count, so that `/` leads every path.
 */
export function compilePathPrefixes(paths: readonly string[]): (path: string) => boolean {
  const root = newLevel();
  let everything = false;
  for (const path of paths) {
    const parts = path.split("/").filter((part) => part !== "");
    if (parts.length === 0) everything = true;
    else add(root, parts);
  }
  if (everything) return () => true;
  return (path) => leads(root, path, 0);
}

function newLevel(): PathLevel {
  return { names: new Map(), globs: [] };
}

function add(root: PathLevel, parts: readonly string[]): void {
  let level = root;
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    const known = lookUp(level, part);
    // A shorter path says it all.
    if (known === null) return;
    if (last || known === undefined) {
      const below = last ? null : newLevel();
      put(level, part, below);
      if (below === null) return;
      level = below;
    } else level = known;
  }
}

function lookUp(level: PathLevel, part: string): PathLevel | null | undefined {
  if (!isGlob(part)) return level.names.get(part);
  return level.globs.find(({ name }) => name === part)?.below;
}

function put(level: PathLevel, part: string, below: PathLevel | null): void {
  if (!isGlob(part)) {
    level.names.set(part, below);
    return;
  }
  const known = level.globs.find(({ name }) => name === part);
  if (known === undefined) level.globs.push({ name: part, fits: compileGlob(part, false), below });
  else known.below = below;
}

function isGlob(part: string): boolean {
  return /[?*[]/.test(part);
}

function leads(level: PathLevel, path: string, start: number): boolean {
  while (path.charCodeAt(start) === 47) start++; // "/"
  if (start >= path.length) return false;
  const slash = path.indexOf("/", start);
  const end = slash === -1 ? path.length : slash;
  const part = path.slice(start, end);
  const below = level.names.get(part);
  if (below === null || (below !== undefined && leads(below, path, end))) return true;
  for (const glob of level.globs)
    if (glob.fits(part) && (glob.below === null || leads(glob.below, path, end))) return true;
  return false;
}
