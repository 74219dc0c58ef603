import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { compiledModule, compileFile } from "@ocelli/load";
import { kernelTest } from "@ocelli/testkit";

import { repositoryRoot, writeDocExamples } from "./support/doc-examples.ts";

const examples = writeDocExamples("doc-runs");

// The examples use the newest interfaces; the matrix has its own tests for older kernels.
for (const example of examples.filter((one) => one.runs)) {
  kernelTest(`the example at ${example.place} runs`, { needs: ["tcx"] }, () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ["--conditions=development", "--import", "@ocelli/load/register", example.path],
      { cwd: repositoryRoot, encoding: "utf8", timeout: 30_000 },
    );
    assert.equal(stderr, "");
    assert.equal(status, 0);
  });
}

kernelTest("every kernel program of the documentation compiles", { needs: ["tcx"] }, () => {
  const sources = examples.filter(({ path }) => path.endsWith(".bpf.ts"));
  assert.ok(sources.length > 0);
  for (const { path } of sources) {
    const { programs } = compiledModule(compileFile(join(repositoryRoot, path)));
    assert.ok(programs.length > 0, path);
  }
});
