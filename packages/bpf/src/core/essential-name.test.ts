import assert from "node:assert/strict";
import { test } from "node:test";

import { essentialName } from "./essential-name.ts";

test("essentialName() cuts at the last triple underscore that stands alone", () => {
  const names = {
    task_struct: "task_struct",
    task_struct___old: "task_struct",
    a___b: "a",
    a___b___c: "a___b",
    a____b: "a____b",
    ___b: "___b",
    a___: "a___",
    a___b_: "a",
    _a___b: "_a",
    a____b___c: "a____b",
    "": "",
  };
  for (const [name, essential] of Object.entries(names)) {
    assert.equal(essentialName(name), essential, name);
  }
});
