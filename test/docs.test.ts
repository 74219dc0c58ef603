import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";

import { repositoryRoot, writeDocConfig, writeDocExamples } from "./support/doc-examples.ts";

test("every TypeScript example of the documentation passes the type checker", () => {
  const examples = writeDocExamples("doc-types");
  assert.notEqual(examples.length, 0);
  const config = writeDocConfig("doc-types");
  const tsc = join(repositoryRoot, "node_modules/.bin/tsc");
  const { status, stdout } = spawnSync(tsc, ["-p", config, "--pretty", "false"], {
    cwd: repositoryRoot,
    encoding: "utf8",
  });
  assert.equal(stdout, "");
  assert.equal(status, 0);
});

test("every relative link of the documentation leads to a file", () => {
  const broken: string[] = [];
  const pages = globSync(["*.md", "docs/**/*.md", "packages/*/README.md"], { cwd: repositoryRoot });
  for (const page of pages) {
    const text = readFileSync(join(repositoryRoot, page), "utf8");
    for (const [, target = ""] of text.matchAll(
      /\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g,
    )) {
      if (!existsSync(join(repositoryRoot, dirname(page), target)))
        broken.push(`${page}: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});
