import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

test(
  "docs/features.md lists what the tests of features say: npm run features writes it",
  { skip: process.platform !== "linux" && "the tests are imported, which needs Linux" },
  () => {
    const tool = join(import.meta.dirname, "../tools/features.ts");
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--conditions=development", tool, "--check"],
      { encoding: "utf8" },
    );
    assert.deepEqual({ status, stdout }, { status: 0, stdout: "" }, stderr);
  },
);
