import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Dependencies as a manifest states them, by kind. */
export interface Manifest {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** One entry of package-lock.json. A workspace has two: its folder, and a link to it under node_modules. */
export interface LockEntry extends Manifest {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly license?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly os?: string | readonly string[];
  readonly cpu?: string | readonly string[];
  readonly libc?: string | readonly string[];
}

/** package-lock.json of version 3; `packages` go by their folder, the root's is "". */
export interface LockFile {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, LockEntry>>;
}

/** A dependency that a package of the lock file states. */
export interface Dependency {
  /** The folder of the package that states it. */
  readonly from: string;
  readonly name: string;
  /** Version or range. */
  readonly wanted: string;
  /** Whether npm may do without it; its entry must be there all the same. */
  readonly optional: boolean;
}

/** Reads a lock file. */
export function parseLock(text: string): LockFile {
  // npm writes this shape; what `lockProblems()` needs of it is looked at there.
  return JSON.parse(text) as LockFile;
}

/** Writes a lock file as npm does: two spaces, entries by folder. */
export function printLock(lock: LockFile): string {
  const packages = Object.fromEntries(
    Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, "en")),
  );
  return `${JSON.stringify({ ...lock, packages }, null, 2)}\n`;
}

/** Every dependency of a lock file that must have an entry. */
export function dependenciesOf(lock: LockFile): Dependency[] {
  return Object.entries(lock.packages).flatMap(([from, entry]) => {
    // Only of the root and of workspaces does npm install what development needs.
    const own = !from.includes("node_modules/");
    const all = {
      ...(own ? entry.devDependencies : {}),
      ...requiredPeers(entry),
      ...entry.dependencies,
      ...entry.optionalDependencies,
    };
    return Object.entries(all).map(([name, wanted]) => ({
      from,
      name,
      wanted,
      optional: entry.optionalDependencies?.[name] !== undefined,
    }));
  });
}

function requiredPeers({ peerDependencies = {}, peerDependenciesMeta = {} }: Manifest) {
  return Object.fromEntries(
    Object.entries(peerDependencies).filter(
      ([name]) => peerDependenciesMeta[name]?.optional !== true,
    ),
  );
}

/** The folder in which `from` finds package `name`, as Node looks for it: inside, then further and further out. */
export function resolvePackage(lock: LockFile, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/")))) {
    const candidate = `${folder === "" ? "" : `${folder}/`}node_modules/${name}`;
    if (lock.packages[candidate] !== undefined) return candidate;
    if (folder === "") return undefined;
  }
}

/** The manifests of the root and of the workspaces that a lock file names, by folder. */
export function readManifests(root: string, lock: LockFile): ReadonlyMap<string, Manifest> {
  const folders = Object.keys(lock.packages).filter((path) => !path.includes("node_modules/"));
  return new Map(
    folders.map((folder) => {
      const path = join(root, folder, "package.json");
      // npm checks the shape of a manifest before we do.
      return [folder, JSON.parse(readFileSync(path, "utf8")) as Manifest];
    }),
  );
}
