import { isDeepStrictEqual } from "node:util";

import { dependenciesOf, resolvePackage, type LockFile, type Manifest } from "./lock-file.ts";

const KINDS = ["dependencies", "devDependencies", "optionalDependencies"] as const;

const place = (folder: string): string => (folder === "" ? "package.json" : folder);

/**
 * Why `npm ci` would refuse a lock file, or fetch from an address that only one machine has; empty when neither.
 * `manifests` are those of the root and the workspaces, by folder.
 */
export function lockProblems(lock: LockFile, manifests: ReadonlyMap<string, Manifest>): string[] {
  if (lock.lockfileVersion !== 3)
    return [`Lock file version ${lock.lockfileVersion}: 3 is what npm 11 writes`];
  const problems: string[] = [];
  for (const [folder, manifest] of manifests) {
    for (const kind of KINDS) {
      if (!isDeepStrictEqual(lock.packages[folder]?.[kind] ?? {}, manifest[kind] ?? {}))
        problems.push(`${place(folder)}: its ${kind} are not those of the lock file: npm install`);
    }
  }
  for (const [folder, { resolved, link }] of Object.entries(lock.packages)) {
    if (resolved !== undefined && link !== true)
      problems.push(`${folder}: "resolved" ties it to ${resolved}`);
  }
  for (const { from, name, wanted, optional } of dependenciesOf(lock)) {
    const folder = resolvePackage(lock, from, name);
    const kind = optional ? "optional package" : "package";
    if (folder === undefined) {
      problems.push(`${place(from)}: no entry of its ${kind} ${name}@${wanted}`);
      continue;
    }
    const entry = lock.packages[folder];
    const version = entry?.version;
    // Packages of other platforms are named by exact versions; ranges are npm's business.
    if (entry?.link !== true && /^\d+\.\d+\.\d+[^ |]*$/.test(wanted) && version !== wanted)
      problems.push(`${place(from)}: wants ${name}@${wanted}, the entry is ${version}`);
  }
  return problems;
}
