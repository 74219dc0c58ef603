// Holds package-lock.json to what `npm ci` takes on every platform: an entry for each optional package, no addresses.
//   node tools/check-lock.ts [--fix]      --fix: adds entries from git's last lock file or from `npm view`
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { completeLock, samePlatform, sameVersion, type EntrySource } from "./lock/complete.ts";
import { parseLock, printLock, readManifests, type LockEntry } from "./lock/lock-file.ts";
import { lockProblems } from "./lock/problems.ts";
import { report, root } from "./sources.ts";

const path = join(root, "package-lock.json");

function output(command: string, ...args: string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return status === 0 && stdout !== "" ? stdout : undefined;
}

/** What the registry says, in the fields that npm copies into a lock file. */
const registryEntry: EntrySource = (name, version) => {
  const text = output("npm", "view", `${name}@${version}`, "--json");
  if (text === undefined) return undefined;
  // npm prints one object for one version; the fields are those of a manifest.
  const view = JSON.parse(text) as LockEntry & { readonly dist?: { readonly integrity?: string } };
  const { os, cpu, libc, engines, license, dist } = view;
  const fields = { integrity: dist?.integrity, os, cpu, libc, engines, license };
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { version, ...Object.fromEntries(known) };
};

if (process.argv.includes("--fix")) {
  const committed = output("git", "show", "HEAD:package-lock.json");
  const previous = committed === undefined ? undefined : parseLock(committed);
  const before = readFileSync(path, "utf8");
  const { lock, added } = completeLock(
    parseLock(before),
    previous === undefined
      ? [registryEntry]
      : [sameVersion(previous), registryEntry, samePlatform(previous)],
  );
  const after = printLock(lock);
  if (after !== before) writeFileSync(path, after);
  for (const name of added) console.log(`Added ${name}`);
}

const lock = parseLock(readFileSync(path, "utf8"));
report("check-lock", lockProblems(lock, readManifests(root, lock)));
if (process.exitCode === 1) console.error("Mend with: npm run lock");
