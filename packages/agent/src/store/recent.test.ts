import assert from "node:assert/strict";
import { test } from "node:test";

import { Recent } from "./recent.ts";

test("Recent keeps the last ones in order and counts all", () => {
  const recent = new Recent<number>(3);
  assert.deepEqual(recent.last(5), []);
  for (let one = 1; one <= 5; one += 1) recent.add(one);
  assert.deepEqual(
    [recent.last(10), recent.last(2), recent.last(0), recent.total],
    [[3, 4, 5], [4, 5], [], 5],
  );
});
