import assert from "node:assert/strict";
import { test } from "node:test";

import { systemCallName } from "./system-calls.ts";

test("systemCallName() knows the table of each architecture", () => {
  const numbers = [0, 59, 257, 321, 434];
  assert.deepEqual(
    numbers.map((number) => systemCallName(number, "x64")),
    ["read", "execve", "openat", "bpf", "pidfd_open"],
  );
  assert.deepEqual(
    [63, 221, 56, 280, 434].map((number) => systemCallName(number, "arm64")),
    ["read", "execve", "openat", "bpf", "pidfd_open"],
  );
});

test("systemCallName() numbers what it does not know", () => {
  assert.equal(systemCallName(400, "x64"), "syscall_400");
  assert.equal(systemCallName(99_999, "arm64"), "syscall_99999");
});
