import assert from "node:assert/strict";
import { test } from "node:test";

import { joinPath } from "./paths.ts";

test("joinPath() makes paths absolute and works dots off", () => {
  assert.deepEqual(
    [
      joinPath("/root", "a.txt"),
      joinPath("/root", "/etc/passwd"),
      joinPath("/root", "../etc//./passwd"),
      joinPath("/", "tmp/"),
      joinPath("/a/b", "../../../.."),
      joinPath("/a", "..b/.c/..."),
      joinPath("/a", "."),
    ],
    ["/root/a.txt", "/etc/passwd", "/etc/passwd", "/tmp", "/", "/a/..b/.c/...", "/a"],
  );
});
