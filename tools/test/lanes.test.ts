import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { root } from "../sources.ts";
import { filesOfKernel } from "./lanes.ts";

test("filesOfKernel() leaves out what says that other kernels are enough, unless one was asked for", () => {
  const folder = `.cache/lanes-${process.pid}`;
  mkdirSync(join(root, folder), { recursive: true });
  try {
    const texts = {
      "all.ts": "",
      "ends.ts": "// Matrix: the oldest and the newest kernel: arithmetic.\n",
      "last.ts": "// Matrix: the newest kernel: texts.\n",
    };
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(root, folder, name), text);
    const files = Object.keys(texts).map((name) => `${folder}/${name}`);
    const names = (["oldest", "between", "newest", "only"] as const).map((place) =>
      filesOfKernel(files, place).map((file) => file.slice(folder.length + 1, -".ts".length)),
    );
    assert.deepEqual(names, [
      ["all", "ends"],
      ["all"],
      ["all", "ends", "last"],
      ["all", "ends", "last"],
    ]);
  } finally {
    rmSync(join(root, folder), { recursive: true });
  }
});
