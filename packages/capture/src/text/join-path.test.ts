import assert from "node:assert/strict";
import test from "node:test";

import { joinPath } from "./join-path.ts";

test("joinPath() resolves dots and slashes as libsinsp does", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["/home/", "a", "/home/a"],
    ["/home/", "/etc/passwd", "/etc/passwd"],
    ["/home/", "../etc//passwd", "/etc/passwd"],
    ["/home/", "./a/./b/", "/home/a/b"],
    ["/", "../../..", "/"],
    ["", "/a/../b", "/b"],
    ["", "a/../b", "b"],
    ["/home/", "", ""],
    ["/home/", "...", "/home/..."],
    ["/home/", "a\nb", "/home/a\ufffdb"],
    ["<UNKNOWN>", "a", "<UNKNOWN>a"],
  ];
  assert.deepEqual(
    cases.map(([directory, path]) => joinPath(directory, path)),
    cases.map(([, , expected]) => expected),
  );
});

test("joinPath() gives a fixed text for paths that are too long", () => {
  assert.equal(joinPath("/", "a".repeat(1023)), "/DIR_TOO_LONG/FILENAME_TOO_LONG");
});
