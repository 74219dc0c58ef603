import {
  dependenciesOf,
  resolvePackage,
  type Dependency,
  type LockEntry,
  type LockFile,
} from "./lock-file.ts";

/** What a lock file lacked and now has, and what it still lacks. */
export interface Completion {
  readonly lock: LockFile;
  readonly added: readonly string[];
  readonly missing: readonly Dependency[];
}

/** Where an entry for a missing package may come from, given its name and exact version. */
export type EntrySource = (name: string, version: string) => LockEntry | undefined;

function withoutAddress(entry: LockEntry): LockEntry {
  if (entry.resolved === undefined || entry.link === true) return entry;
  const { resolved: _, ...rest } = entry;
  return rest;
}

function entriesOf(lock: LockFile, name: string): LockEntry[] {
  return Object.entries(lock.packages)
    .filter(
      ([folder]) => folder === `node_modules/${name}` || folder.endsWith(`/node_modules/${name}`),
    )
    .map(([, entry]) => entry);
}

/** Whether a version is what a manifest wants: exactly it, or with `~` and `^` one at least as new in the same series. */
function isWanted(version: string | undefined, wanted: string): boolean {
  const [, mark, least] = /^([~^])(\d+\.\d+\.\d+)$/.exec(wanted) ?? [];
  if (version === undefined || least === undefined) return version === wanted;
  const numbers = (text: string): number[] => text.split(".").map(Number);
  const [has, wants] = [numbers(version), numbers(least)];
  // "^0.2.3" keeps its second number, as "~" always does.
  const kept = mark === "~" || wants[0] === 0 ? 2 : 1;
  const at = has.findIndex((number, index) => number !== wants[index]);
  return at === -1 || (at >= kept && (has[at] ?? 0) > (wants[at] ?? 0));
}

/** Entries of an older lock file, of the wanted version. */
export function sameVersion(previous: LockFile): EntrySource {
  return (name, version) =>
    entriesOf(previous, name).find((entry) => isWanted(entry.version, version));
}

/**
 * Entries of an older lock file, of any version: a package made for one platform keeps its platform from version to version.
 * Its checksum is left out, and npm takes an entry without one.
 */
export function samePlatform(previous: LockFile): EntrySource {
  return (name, version) => {
    const [other] = entriesOf(previous, name);
    if (other?.os === undefined) return undefined;
    const { integrity: _, ...rest } = other;
    return { ...rest, version };
  };
}

/** Adds an entry for every optional package that lacks one, from the first source that knows it, and drops addresses. */
export function completeLock(lock: LockFile, sources: readonly EntrySource[]): Completion {
  const packages: Record<string, LockEntry> = Object.fromEntries(
    Object.entries(lock.packages).map(([folder, entry]) => [folder, withoutAddress(entry)]),
  );
  const added: string[] = [];
  const missing: Dependency[] = [];
  for (const dependency of dependenciesOf(lock)) {
    const { from, name, wanted, optional } = dependency;
    if (resolvePackage({ ...lock, packages }, from, name) !== undefined) continue;
    let entry: LockEntry | undefined;
    if (optional) for (const source of sources) entry ??= source(name, wanted);
    if (entry === undefined) {
      missing.push(dependency);
      continue;
    }
    const { dev: _, ...rest } = withoutAddress(entry);
    const parent = packages[from];
    packages[`node_modules/${name}`] = sortKeys({
      ...rest,
      optional: true,
      ...(parent?.dev === true ? { dev: true } : {}),
    });
    added.push(`${name}@${wanted}`);
  }
  return { lock: { ...lock, packages }, added, missing };
}

// npm writes version and checksum first, then plain values, then objects, each by name.
const FIRST = ["version", "integrity"];

function sortKeys(entry: LockEntry): LockEntry {
  const rank = ([key, value]: [string, unknown]): string => {
    const nested = typeof value === "object" && !Array.isArray(value);
    return FIRST.includes(key) ? `0${FIRST.indexOf(key)}` : `${nested ? 2 : 1}${key}`;
  };
  return Object.fromEntries(Object.entries(entry).toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1)));
}
