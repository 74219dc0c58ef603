import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import * as fc from "fast-check";

import { root } from "../sources.ts";
import { completeLock, samePlatform, sameVersion } from "./complete.ts";
import { parseLock, printLock, readManifests, type LockEntry, type LockFile } from "./lock-file.ts";
import { lockProblems } from "./problems.ts";

const text = readFileSync(join(root, "package-lock.json"), "utf8");
const lock = parseLock(text);
const manifests = readManifests(root, lock);

/** The repository's lock file with some entries changed; `undefined` takes one out. */
function changed(changes: Record<string, LockEntry | undefined>): LockFile {
  const packages = Object.entries({ ...lock.packages, ...changes });
  return {
    ...lock,
    packages: Object.fromEntries(
      packages.filter((pair): pair is [string, LockEntry] => pair[1] !== undefined),
    ),
  };
}

test("lockProblems() names missing packages, wrong versions, addresses and manifests that differ", () => {
  const koffi = lock.packages["node_modules/koffi"];
  const binary = "node_modules/@koromix/koffi-linux-x64";
  const broken = changed({
    "node_modules/koffi": { ...koffi, resolved: "https://mirror.example/koffi.tgz" },
    "node_modules/@koromix/koffi-win32-x64": undefined,
    "node_modules/fast-check": undefined,
    "packages/bpf": { ...lock.packages["packages/bpf"], dependencies: { left: "1.0.0" } },
    [binary]: { ...lock.packages[binary], version: "0.0.1" },
  });
  const version = koffi?.version ?? "";
  const fastCheck = lock.packages[""]?.devDependencies?.["fast-check"] ?? "";
  assert.deepEqual(lockProblems(broken, manifests), [
    "packages/bpf: its dependencies are not those of the lock file: npm install",
    'node_modules/koffi: "resolved" ties it to https://mirror.example/koffi.tgz',
    `package.json: no entry of its package fast-check@${fastCheck}`,
    `node_modules/koffi: wants @koromix/koffi-linux-x64@${version}, the entry is 0.0.1`,
    `node_modules/koffi: no entry of its optional package @koromix/koffi-win32-x64@${version}`,
    "packages/bpf: no entry of its package left@1.0.0",
  ]);
  assert.deepEqual(lockProblems({ lockfileVersion: 2, packages: {} }, manifests), [
    "Lock file version 2: 3 is what npm 11 writes",
  ]);
});

test("completeLock() restores any optional entries, to the byte", () => {
  const optional = Object.keys(lock.packages).filter(
    (folder) => lock.packages[folder]?.os !== undefined,
  );
  fc.assert(
    fc.property(fc.subarray(optional), (folders) => {
      const holed = changed(Object.fromEntries(folders.map((folder) => [folder, undefined])));
      const { lock: mended, added, missing } = completeLock(holed, [sameVersion(lock)]);
      assert.equal(printLock(mended), text);
      assert.deepEqual({ added: added.length, missing }, { added: folders.length, missing: [] });
    }),
    { numRuns: 25 },
  );
});

test("completeLock() takes the platform from another version, and says what nobody knows", () => {
  const name = "@koromix/koffi-darwin-arm64";
  const koffi = lock.packages["node_modules/koffi"];
  const raised = changed({
    "node_modules/koffi": {
      ...koffi,
      resolved: "https://mirror.example/koffi.tgz",
      optionalDependencies: { [name]: "99.0.0", "@koromix/koffi-new": "99.0.0" },
    },
    [`node_modules/${name}`]: undefined,
  });
  const result = completeLock(raised, [sameVersion(lock), samePlatform(lock)]);
  assert.deepEqual(result.added, [`${name}@99.0.0`]);
  assert.deepEqual(result.missing, [
    { from: "node_modules/koffi", name: "@koromix/koffi-new", wanted: "99.0.0", optional: true },
  ]);
  assert.equal(result.lock.packages["node_modules/koffi"]?.resolved, undefined);
  const { integrity: _, ...entry } = lock.packages[`node_modules/${name}`] ?? {};
  assert.deepEqual(result.lock.packages[`node_modules/${name}`], { ...entry, version: "99.0.0" });
});
