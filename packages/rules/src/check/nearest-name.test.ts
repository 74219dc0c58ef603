import assert from "node:assert/strict";
import { test } from "node:test";

import { nearestName } from "./nearest-name.ts";

test("nearestName() finds a name that differs by two letters at most", () => {
  const names = ["proc.name", "proc.pname", "fd.name"];
  assert.deepEqual(
    ["proc.nam", "proc.nmae", "poc.pnme", "fd.names", "user.name", ""].map((name) =>
      nearestName(name, names),
    ),
    ["proc.name", "proc.name", "proc.pname", "fd.name", undefined, undefined],
  );
});
