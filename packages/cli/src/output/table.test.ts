import assert from "node:assert/strict";
import { test } from "node:test";

import { formatTable } from "./table.ts";

test("formatTable() lines up both sides and ends lines without blanks", () => {
  const lines = formatTable(
    [{ title: "NAME" }, { title: "COUNT", align: "right" }, { title: "KIND" }],
    [
      ["openat", "12", "file"],
      ["clock_nanosleep", "1234567", ""],
    ],
  );
  assert.deepEqual(lines, [
    "NAME               COUNT  KIND",
    "openat                12  file",
    "clock_nanosleep  1234567",
  ]);
});

test("formatTable() does not count colour codes as width", () => {
  const lines = formatTable([{ title: "A" }, { title: "B" }], [["\u001b[31mred\u001b[39m", "x"]]);
  assert.deepEqual(lines, ["A    B", "\u001b[31mred\u001b[39m  x"]);
});
