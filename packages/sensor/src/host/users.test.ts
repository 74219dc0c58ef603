import assert from "node:assert/strict";
import { test } from "node:test";

import { parseGroups, parseUsers } from "./users.ts";

test("parseUsers() takes the first entry of an id and passes over what is no entry", () => {
  const text =
    "root:x:0:0:root:/root:/bin/sh\n# none\ntoor:x:0:0::/:/bin/sh\nwww:x:33:33::/srv:/bin/false\n\n";
  assert.deepEqual(
    [...parseUsers(text)],
    [
      [0, { name: "root", home: "/root", shell: "/bin/sh" }],
      [33, { name: "www", home: "/srv", shell: "/bin/false" }],
    ],
  );
});

test("parseGroups() reads names of groups", () => {
  assert.deepEqual(
    [...parseGroups("root:x:0:\nadm:x:4:a,b\nbroken\n")],
    [
      [0, "root"],
      [4, "adm"],
    ],
  );
});
