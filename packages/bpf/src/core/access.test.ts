import assert from "node:assert/strict";
import { test } from "node:test";

import { createBtfBuilder } from "../btf/build.ts";
import { readBtf } from "../btf/read.ts";
import type { Btf, BtfMember, BtfType } from "../btf/types.ts";
import { parseAccess } from "./access.ts";
import { describeAccess } from "./describe.ts";
import type { CoreKind } from "./relocation.ts";
import { createTypeView } from "./type-view.ts";

function btfOf(...types: readonly BtfType[]): Btf {
  const builder = createBtfBuilder();
  for (const type of types) builder.add(type);
  const built = readBtf(builder.write());
  assert.ok(built.ok);
  return built.value;
}

function member(name: string, typeId: number, offsetBits: number, bitfieldBits = 0): BtfMember {
  return { name, typeId, offsetBits, bitfieldBits };
}

const unsigned = { kind: "int", offsetBits: 0, encoding: "unsigned" } as const;

const view = createTypeView(
  btfOf(
    { ...unsigned, name: "u32", size: 4, bits: 32 }, // 1
    { kind: "array", typeId: 1, indexTypeId: 1, length: 7 }, // 2
    { kind: "array", typeId: 1, indexTypeId: 1, length: 0 }, // 3
    {
      kind: "struct", // 4
      name: "",
      size: 32,
      members: [member("y", 1, 0), member("a", 2, 32)],
    },
    {
      kind: "struct", // 5
      name: "sample",
      size: 40,
      members: [
        member("x", 1, 0),
        member("bits", 1, 37, 5),
        member("early", 3, 64),
        member("", 4, 64),
        member("flexible", 3, 320),
      ],
    },
    { kind: "typedef", name: "sample_t", typeId: 5 }, // 6
    {
      kind: "enum", // 7
      name: "color",
      size: 4,
      signed: false,
      values: [
        { name: "RED", value: 1 },
        { name: "GREEN", value: 2 },
      ],
    },
    { kind: "typedef", name: "circle", typeId: 8 }, // 8
    { kind: "fwd", name: "unknown", target: "struct" }, // 9
    { kind: "array", typeId: 9, indexTypeId: 1, length: 2 }, // 10
    { kind: "struct", name: "odd", size: 8, members: [member("far", 10, 0)] }, // 11
    { kind: "array", typeId: 5, indexTypeId: 1, length: 0xffff_ffff }, // 12
    { kind: "struct", name: "", size: 4, members: [member("x", 1, 0)] }, // 13
    { kind: "array", typeId: 8, indexTypeId: 1, length: 2 }, // 14
    { kind: "struct", name: "round", size: 8, members: [member("circles", 14, 0)] }, // 15
  ),
);

function parse(accessor: string, typeId = 5, kind: CoreKind = "field_byte_offset"): string {
  const parsed = parseAccess(view, { kind, typeId, accessor });
  return parsed.ok ? describeAccess(parsed.spec) : parsed.reason;
}

test("parseAccess() follows members, anonymous structs, arrays and bit fields", () => {
  assert.deepEqual(
    ["0", "0:0", "2:0", "0:1", "0:3:0", "0:3:1:6", "0:4:9"].map((accessor) => parse(accessor)),
    [
      "struct sample (0 @ offset 0)",
      "struct sample.x (0:0 @ offset 0)",
      "struct sample[2].x (2:0 @ offset 80)",
      "struct sample.bits (0:1 @ offset 4.5)",
      "struct sample.y (0:3:0 @ offset 8)",
      "struct sample.a[6] (0:3:1:6 @ offset 36)",
      "struct sample.flexible[9] (0:4:9 @ offset 76)",
    ],
  );
  assert.equal(parse("0:0", 6), "typedef sample_t.x (0:0 @ offset 0)");
  assert.equal(parse("0:0", 13), "struct <anonymous>.x (0:0 @ offset 0)");
});

test("parseAccess() keeps every level raw and only named ones and indexes as steps", () => {
  const parsed = parseAccess(view, { kind: "field_exists", typeId: 6, accessor: "0:3:1:6" });
  assert.ok(parsed.ok);
  const { raw, steps, rootId, bitOffset } = parsed.spec;
  assert.deepEqual(
    { raw, steps, rootId, bitOffset },
    {
      raw: [0, 3, 1, 6],
      steps: [
        { typeId: 5, index: 0, name: undefined },
        { typeId: 4, index: 1, name: "a" },
        { typeId: 1, index: 6, name: undefined },
      ],
      rootId: 6,
      bitOffset: 288,
    },
  );
});

test("parseAccess() reads the index of an enumerator", () => {
  assert.equal(parse("1", 7, "enumval_value"), "enum color::GREEN = 2");
  assert.equal(parse("2", 7, "enumval_value"), "enumerator 2 is out of range: there are 2");
  assert.equal(
    parse("0:1", 7, "enumval_exists"),
    'the accessor of an enumerator must be one index: "0:1"',
  );
  assert.equal(parse("0", 5, "enumval_exists"), "type 5 must be an enum: it is struct");
});

test("parseAccess() takes only 0 for types", () => {
  assert.equal(parse("0", 6, "type_size"), "typedef sample_t");
  assert.equal(parse("0:0", 6, "type_exists"), 'the accessor of a type must be "0": it is "0:0"');
});

test("parseAccess() refuses malformed accessors with the reason", () => {
  const many = Array.from({ length: 65 }, () => "0").join(":");
  const cases: [string, string, number?][] = [
    ["", 'an accessor is indexes joined by colons: it is ""'],
    [":0", 'an accessor is indexes joined by colons: it is ":0"'],
    ["0:", 'an accessor is indexes joined by colons: it is "0:"'],
    ["0:-1", 'an accessor is indexes joined by colons: it is "0:-1"'],
    ["0 1", 'an accessor is indexes joined by colons: it is "0 1"'],
    ["2147483648", "an index has 31 bits: it is 2147483648"],
    [many, "an accessor has up to 64 levels: it has 65"],
    ["0:5", 'index 5 at level 1 is out of range: "struct sample" has 5 members'],
    ["0:3:1:7", "index 7 at level 3 is out of range: the array has 7 elements"],
    ["0:2:0", "index 0 at level 2 is out of range: the array has 0 elements"],
    ["0:0:0", "level 2 must be a struct, union or array: it is int"],
    ["2000000000:0", "the offset needs more than 32 bits"],
    ["0", "there is no type 99", 99],
    ["0", "type 8 refers to itself or to nothing", 8],
    ["0:0:1", "type 8 refers to itself or to nothing", 15],
    ["0", "type 9 has no size", 9],
    ["0:0:1", "type 9 has no size", 11],
    ["0:1", "type 12 has no size", 12],
  ];
  for (const [accessor, reason, typeId] of cases)
    assert.equal(parse(accessor, typeId), reason, `${typeId} ${accessor}`);
});
