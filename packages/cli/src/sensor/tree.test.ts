import assert from "node:assert/strict";
import { test } from "node:test";

import { unknownProcess } from "@ocelli/sensor";

import { toTree } from "./tree.ts";

test("toTree() draws children below their parents", () => {
  const processes = [
    [1, 0],
    [9, 4],
    [4, 1],
    [5, 4],
    [7, 1],
    [8, 77],
    [6, 5],
  ].map(([pid = 0, parentPid = 0]) => Object.assign(unknownProcess(pid), { parentPid }));
  assert.deepEqual(
    toTree(processes).map(({ process, prefix }) => prefix + process.pid),
    ["1", "├─ 4", "│  ├─ 5", "│  │  └─ 6", "│  └─ 9", "└─ 7", "8"],
  );
});
