import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

import { kernelTest } from "@ocelli/testkit";

import { repositoryRoot, writeDocExamples } from "./support/doc-examples.ts";

// The examples use the newest interfaces; the matrix has its own tests for older kernels.
for (const example of writeDocExamples("doc-runs").filter((example) => example.runs)) {
  kernelTest(`the example at ${example.place} runs`, { needs: ["tcx"] }, () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ["--conditions=development", example.path],
      { cwd: repositoryRoot, encoding: "utf8", timeout: 30_000 },
    );
    assert.equal(stderr, "");
    assert.equal(status, 0);
  });
}
