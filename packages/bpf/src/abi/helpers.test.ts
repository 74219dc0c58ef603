import assert from "node:assert/strict";
import { test } from "node:test";

import { HELPERS } from "./helpers.gen.ts";
import { helperName, helperNumber, isHelper } from "./helpers.ts";

test("helperNumber() and helperName() are inverse over a table without gaps", () => {
  const names = Object.keys(HELPERS).filter(isHelper);
  assert.deepEqual(
    names.map(helperNumber),
    Array.from({ length: 212 }, (_, number) => number),
  );
  assert.deepEqual(names.map(helperNumber).map(helperName), names);
});

test("helpers that programs call most have the kernel's numbers", () => {
  const numbers = [
    helperNumber("map_lookup_elem"),
    helperNumber("trace_printk"),
    helperNumber("probe_read_kernel"),
    helperNumber("ringbuf_output"),
    helperNumber("cgrp_storage_delete"),
  ];
  assert.deepEqual(numbers, [1, 6, 113, 130, 211]);
  assert.deepEqual([helperName(212), isHelper("printf")], [undefined, false]);
});
