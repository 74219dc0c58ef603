import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { textBlocks } from "./text-blocks.ts";

test("textBlocks() breaks a text at the ends of lines, and a longer line anywhere", () => {
  const folder = mkdtempSync(join(tmpdir(), "ocelli-text-"));
  try {
    const path = join(folder, "text");
    const blocks = (text: string): string[] => {
      writeFileSync(path, text, "latin1");
      return [...textBlocks(path, 8)];
    };
    assert.deepEqual(blocks("ab\ncd\nefg\nh"), ["ab\ncd\n", "efg\nh"]);
    assert.deepEqual(blocks("abcdefghij\nk\n"), ["abcdefgh", "ij\nk\n"]);
    assert.deepEqual(blocks("abcdefg\n"), ["abcdefg\n"]);
    assert.deepEqual(blocks("é\n"), ["é\n"]);
    assert.deepEqual(blocks(""), []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
