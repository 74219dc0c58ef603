import assert from "node:assert/strict";
import { test } from "node:test";

import { createBtfBuilder } from "../btf/build.ts";
import { readBtf } from "../btf/read.ts";
import type { BtfMember, BtfType } from "../btf/types.ts";
import { parseAccess } from "./access.ts";
import { describeAccess } from "./describe.ts";
import { matchAccess } from "./match.ts";
import { createTypeView, type TypeView } from "./type-view.ts";

const u32 = {
  kind: "int",
  name: "u32",
  size: 4,
  bits: 32,
  offsetBits: 0,
  encoding: "unsigned",
} as const;

function struct(name: string, ...members: (readonly [string, number, number])[]): BtfType {
  const list = members.map(([name, typeId, offsetBits]): BtfMember => ({
    name,
    typeId,
    offsetBits,
    bitfieldBits: 0,
  }));
  return { kind: "struct", name, size: 8, members: list };
}

function viewOf(...types: readonly BtfType[]): TypeView {
  const builder = createBtfBuilder();
  for (const type of types) builder.add(type);
  const read = readBtf(builder.write());
  assert.ok(read.ok);
  return createTypeView(read.value);
}

/** Looks for `accessor` of the last local type in the last target type. */
function match(accessor: string, local: readonly BtfType[], target: readonly BtfType[]): string {
  const kind = "field_byte_offset";
  const parsed = parseAccess(viewOf(...local), { kind, typeId: local.length, accessor });
  assert.ok(parsed.ok);
  const result = matchAccess(parsed.spec, viewOf(...target), target.length);
  switch (result.kind) {
    case "match":
      return describeAccess(result.spec);
    case "mismatch":
      return `${result.mismatch.why} at ${result.mismatch.step}`;
    case "undecidable":
      return result.reason;
  }
}

const local = [u32, struct("s", ["x", 1, 0])];

test("matchAccess() finds a member inside anonymous structs and reports the whole path", () => {
  const target = [
    u32,
    struct("", ["y", 1, 0], ["x", 1, 32]),
    struct("", ["z", 1, 0], ["", 2, 32]),
    struct("s", ["padding", 1, 0], ["", 3, 32]),
  ];
  assert.equal(match("0:0", local, target), "struct s.x (0:1:1:1 @ offset 12)");
  assert.equal(match("3:0", local, target), "struct s[3].x (3:1:1:1 @ offset 36)");
});

test("matchAccess() says what is missing and where", () => {
  const wide = [u32, struct("i", ["a", 1, 0]), struct("s", ["i", 2, 0], ["x", 1, 64])];
  assert.deepEqual(
    [
      match("0:0", local, [u32, struct("s", ["y", 1, 0])]),
      match("0:0", local, [u32, struct("s", ["x", 0, 0])]),
      match("0:0:0", wide, [u32, struct("i", ["b", 1, 0]), struct("s", ["i", 2, 0])]),
      match("0:0", local, [u32]),
    ],
    ["absent at 1", "shape at 1", "absent at 2", "shape at 1"],
  );
});

test("matchAccess() gives up on anonymous types inside themselves", () => {
  const message = "the types nest too deeply or refer to nothing";
  assert.equal(
    match("0:0", local, [u32, struct("", ["", 2, 0]), struct("s", ["", 2, 0])]),
    message,
  );
});

test("matchAccess() searches anonymous types that are shared once", () => {
  const types: BtfType[] = [u32, struct("", ["y", 1, 0])];
  // 2^50 ways down, none of which has the member.
  for (let id = 2; id < 52; id += 1) types.push(struct("", ["", id, 0], ["", id, 32]));
  types.push(struct("s", ["", types.length, 0]));
  assert.equal(match("0:0", local, types), "absent at 1");
});
