import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { root } from "../sources.ts";
import { sourceDigest } from "./source-digest.ts";

test("the objects of packages/probes belong to their sources; if not: npm run probes, as root", () => {
  const folder = join(root, "packages/probes");
  const digests: unknown = JSON.parse(readFileSync(join(folder, "objects/sources.json"), "utf8"));
  const name = "system-calls.bpf";
  const text = readFileSync(join(folder, `bpf/${name}.ts`), "utf8");
  assert.deepEqual(digests, { [name]: sourceDigest(text) });
});
