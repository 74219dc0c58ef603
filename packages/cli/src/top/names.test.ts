import assert from "node:assert/strict";
import { test } from "node:test";

import { readUsers } from "./names.ts";

test("readUsers() takes the first name of an id and passes over what is no entry", () => {
  const text = "root:x:0:0:root:/root:/bin/sh\n# none\ntoor:x:0:0::/:/bin/sh\nwww:x:33:33::/:\n\n";
  assert.deepEqual(
    [...readUsers(text)],
    [
      [0, "root"],
      [33, "www"],
    ],
  );
});
