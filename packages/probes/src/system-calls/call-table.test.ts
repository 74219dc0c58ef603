import assert from "node:assert/strict";
import { test } from "node:test";

import { isEventParameter } from "@ocelli/event";

import { callByNumber, callNumber, CALLS } from "./call-table.ts";
import { nameNumber } from "./flag-sets.ts";
import { encodeRecipe } from "./recipe.ts";

const FORMATS = "fd result pid uid gid int uint hex octal path text texts address names".split(" ");

test("CALLS gives every call a known number, and every parameter a known format", () => {
  for (const { name, number, parameters } of CALLS.values()) {
    assert.equal(callNumber(name), number);
    assert.equal(callByNumber(number)?.name, name);
    assert.deepEqual(
      parameters.filter(({ format }) => !FORMATS.includes(format)),
      [],
      name,
    );
  }
});

test("CALLS names parameters as rules do, where these know the call", () => {
  const own = new Set(["listener", "keyring", "segments", "entry", "magic", "magic2", "header"]);
  const unknown = new Set<string>();
  for (const { parameters } of CALLS.values())
    for (const { name } of parameters)
      if (!isEventParameter(name) && !own.has(name)) unknown.add(name);
  assert.deepEqual([...unknown].toSorted(), [
    "attrs",
    "callout",
    "fsfd",
    "group",
    "newroot",
    "oldroot",
    "tv",
  ]);
});

test("encodeRecipe() says what the arguments point to", () => {
  const of = (name: string): readonly number[] => [...encodeRecipe(callNumber(name) ?? -1)];
  const recipe = (
    kinds: readonly number[],
    sizes: readonly number[],
    extra: readonly number[],
  ): readonly number[] => [1, 0, ...kinds, ...sizes.flatMap((size) => [size, 0]), ...extra];
  assert.deepEqual(of("openat"), recipe([0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [1, 0]));
  assert.deepEqual(of("openat2"), recipe([0, 1, 2, 0, 0, 0], [0, 0, 24, 0, 0, 0], [1, 0]));
  assert.deepEqual(of("connect"), recipe([0, 3, 0, 0, 0, 0], [0, 128, 0, 0, 0, 0], [4, 0]));
  assert.deepEqual(of("accept4"), recipe([0, 4, 0, 0, 0, 0], [0, 128, 0, 0, 0, 0], [5, 7]));
  assert.deepEqual(of("execve"), recipe([1, 5, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [0, 7]));
  assert.deepEqual(of("read"), recipe([0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [0, 7]));
});

test("nameNumber() names bits and values", () => {
  assert.deepEqual(
    [
      nameNumber("open", 0),
      nameNumber("open", 0o2102),
      nameNumber("prot", 0),
      nameNumber("prot", 7),
      nameNumber("domain", 10),
      nameNumber("domain", 99),
      nameNumber("nothing", 1),
      nameNumber("clone", 0x10000000),
    ],
    [
      "O_RDONLY",
      "O_RDWR|O_CREAT|O_APPEND",
      "PROT_NONE",
      "PROT_READ|PROT_WRITE|PROT_EXEC",
      "AF_INET6",
      undefined,
      undefined,
      "CLONE_NEWUSER",
    ],
  );
});
