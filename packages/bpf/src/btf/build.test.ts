import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { formatDiagnostic, type Result } from "../diagnostic.ts";
import { createBtfBuilder, extendBtf } from "./build.ts";
import { concatBtf, copyTypes, reachableIds } from "./copy.ts";
import { BTF_KINDS } from "./format.ts";
import { readBtf } from "./read.ts";
import type { Btf, BtfType, BtfTypeOf } from "./types.ts";

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

function typesOf(btf: Btf): (BtfType | undefined)[] {
  return Array.from({ length: btf.endId - btf.firstId }, (_, i) => btf.type(btf.firstId + i));
}

const name = fc.oneof(
  fc.constant(""),
  fc.string({ minLength: 1, maxLength: 8, unit: "grapheme-ascii" }),
  fc.constant("é"),
);
const id = fc.nat(12);
const u32 = fc.nat(0xffffffff);
const linkage = fc.constantFrom("static", "global", "extern");
const flag = fc.boolean();

function enumeration(kind: "enum" | "enum64"): fc.Arbitrary<BtfType> {
  const bits = kind === "enum" ? 32 : 64;
  return flag.chain((signed) => {
    const half = 1n << BigInt(bits - 1);
    const raw = fc.bigInt(
      signed ? { min: -half, max: half - 1n } : { min: 0n, max: 2n * half - 1n },
    );
    const exact = raw.map((n) => (Number.isSafeInteger(Number(n)) ? Number(n) : n));
    const values = fc.array(fc.record({ name, value: exact }), { maxLength: 4 });
    return fc.record({
      kind: fc.constant(kind),
      name,
      size: fc.constantFrom(1, 2, 4, 8),
      signed: fc.constant(signed),
      values,
    });
  });
}

function composite(kind: "struct" | "union"): fc.Arbitrary<BtfType> {
  const plain = fc.record({ name, typeId: id, offsetBits: u32, bitfieldBits: fc.constant(0) });
  const narrow = fc.record({
    name,
    typeId: id,
    offsetBits: fc.nat(0xffffff),
    bitfieldBits: fc.nat(255),
  });
  const members = fc.oneof(fc.array(plain, { maxLength: 4 }), fc.array(narrow, { maxLength: 4 }));
  return fc.record({ kind: fc.constant(kind), name, size: u32, members });
}

function reference(kind: "ptr" | "volatile" | "const" | "restrict"): fc.Arbitrary<BtfType> {
  return fc.record({ kind: fc.constant(kind), typeId: id });
}

const type: fc.Arbitrary<BtfType> = fc.oneof(
  fc.record({
    kind: fc.constant("int"),
    name,
    size: fc.constantFrom(1, 2, 4, 8, 16),
    bits: fc.nat(128),
    offsetBits: fc.nat(255),
    encoding: fc.constantFrom("unsigned", "signed", "char", "bool"),
  }),
  reference("ptr"),
  reference("volatile"),
  reference("const"),
  reference("restrict"),
  fc.record({ kind: fc.constant("array"), typeId: id, indexTypeId: id, length: u32 }),
  composite("struct"),
  composite("union"),
  enumeration("enum"),
  enumeration("enum64"),
  fc.record({ kind: fc.constant("fwd"), name, target: fc.constantFrom("struct", "union") }),
  fc.record({ kind: fc.constant("typedef"), name, typeId: id }),
  fc.record({ kind: fc.constant("type_tag"), name, typeId: id, attribute: flag }),
  fc.record({ kind: fc.constant("func"), name, typeId: id, linkage }),
  fc.record({
    kind: fc.constant("func_proto"),
    returnTypeId: id,
    parameters: fc.array(fc.record({ name, typeId: id }), { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant("var"), name, typeId: id, linkage }),
  fc.record({
    kind: fc.constant("datasec"),
    name,
    size: u32,
    variables: fc.array(fc.record({ typeId: id, offset: u32, size: u32 }), { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant("float"), name, size: u32 }),
  fc.record({
    kind: fc.constant("decl_tag"),
    name,
    typeId: id,
    component: fc.integer({ min: -1, max: 100 }),
    attribute: flag,
  }),
);

test("the properties below cover every kind", () => {
  const kinds = new Set(fc.sample(type, { numRuns: 1000, seed: 1 }).map((t) => t.kind));
  assert.deepEqual(
    BTF_KINDS.filter((kind) => !kinds.has(kind)),
    ["void"],
  );
});

// fast-check makes objects without a prototype too, which deepEqual() tells apart.
const types = fc.array(type, { maxLength: 10 }).map((list) => structuredClone(list));

test("readBtf() gives back what createBtfBuilder() wrote, in both byte orders", () => {
  fc.assert(
    fc.property(types, flag, (types, littleEndian) => {
      const builder = createBtfBuilder({ littleEndian });
      for (const each of types) builder.add(each);
      const btf = value(readBtf(builder.write()));
      assert.equal(btf.littleEndian, littleEndian);
      assert.deepEqual(typesOf(btf), types);
      assert.deepEqual(extendBtf(btf).write(), btf.bytes);
    }),
    { numRuns: 500 },
  );
});

const int: BtfTypeOf<"int"> = {
  kind: "int",
  name: "int",
  size: 4,
  bits: 32,
  offsetBits: 0,
  encoding: "signed",
};

// 1 int, 2 struct node { struct node *next; int value }, 3 *node, 4 typedef node_t, 5 float
function nodes(): Btf {
  const builder = createBtfBuilder();
  builder.add(int);
  builder.add({
    kind: "struct",
    name: "node",
    size: 16,
    members: [
      { name: "next", typeId: 3, offsetBits: 0, bitfieldBits: 0 },
      { name: "value", typeId: 1, offsetBits: 64, bitfieldBits: 0 },
    ],
  });
  builder.add({ kind: "ptr", typeId: 2 });
  builder.add({ kind: "typedef", name: "node_t", typeId: 2 });
  builder.add({ kind: "float", name: "double", size: 8 });
  return value(readBtf(builder.write()));
}

test("copyTypes() brings what the types reach, circles included, under new ids", () => {
  const builder = createBtfBuilder();
  builder.add({ kind: "float", name: "float", size: 4 });
  const renamed = copyTypes(builder, nodes(), [4, 4, 77]);
  assert.deepEqual(
    [...renamed],
    [
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 5],
    ],
  );
  assert.deepEqual(typesOf(value(readBtf(builder.write()))), [
    { kind: "float", name: "float", size: 4 },
    int,
    {
      kind: "struct",
      name: "node",
      size: 16,
      members: [
        { name: "next", typeId: 4, offsetBits: 0, bitfieldBits: 0 },
        { name: "value", typeId: 2, offsetBits: 64, bitfieldBits: 0 },
      ],
    },
    { kind: "ptr", typeId: 3 },
    { kind: "typedef", name: "node_t", typeId: 3 },
  ]);
});

test("copyTypes() keeps the ids of a base that both share", () => {
  const base = nodes();
  const split = createBtfBuilder({ base });
  assert.equal(split.add({ kind: "typedef", name: "alias", typeId: 4 }), 6);
  const btf = value(readBtf(split.write(), { base }));
  const copy = createBtfBuilder({ base });
  assert.deepEqual([...copyTypes(copy, btf, [6, 2])], [[6, 6]]);
  const read = value(readBtf(copy.write(), { base }));
  assert.deepEqual(typesOf(read), [{ kind: "typedef", name: "alias", typeId: 4 }]);
  assert.deepEqual([read.idsByName("alias"), read.idsByName("node")], [[6], [2]]);
});

test("concatBtf() appends everything and shifts the ids", () => {
  const builder = extendBtf(nodes());
  assert.equal(concatBtf(builder, nodes()), 5);
  const btf = value(readBtf(builder.write()));
  assert.deepEqual(btf.idsByName("node_t"), [4, 9]);
  assert.deepEqual(btf.type(9), { kind: "typedef", name: "node_t", typeId: 7 });
  assert.deepEqual(reachableIds(btf, [9]), new Set([9, 7, 6, 8]));
  assert.throws(() => concatBtf(createBtfBuilder({ base: nodes() }), nodes()), {
    name: "RangeError",
    message: "Cannot append BTF as both must have the same base: they have two",
  });
});

test("addString() gives each string one offset, and ends it at a NUL", () => {
  const builder = createBtfBuilder();
  const offsets = ["", "a", "bc", "a", "bc\0d", "é", "f"].map((text) => builder.addString(text));
  assert.deepEqual(offsets, [0, 1, 3, 1, 3, 6, 9]);
  const btf = value(readBtf(builder.write()));
  assert.deepEqual(
    [1, 3, 6, 9, 11].map((offset) => btf.stringAt(offset)),
    ["a", "bc", "é", "f", undefined],
  );
});

test("set() replaces a type and refuses an id that is not there", () => {
  const builder = createBtfBuilder();
  const own = builder.add({ kind: "ptr", typeId: 0 });
  builder.set(own, { kind: "ptr", typeId: own });
  assert.deepEqual(builder.type(own), { kind: "ptr", typeId: 1 });
  assert.throws(() => builder.set(2, int), {
    name: "RangeError",
    message: "Cannot replace a type as its id must be 1 to 1: it is 2",
  });
});

test("write() names the type and the value that do not fit into BTF", () => {
  const refused: [BtfType, string][] = [
    [{ kind: "void" }, 'Cannot encode type "void": it has id 0 without being in the file'],
    [{ ...int, bits: 300 }, 'Cannot encode int "int" as its bits must be from 0 to 255: it is 300'],
    [
      { kind: "ptr", typeId: -1 },
      "Cannot encode ptr as its size or type id must be from 0 to 4294967295: it is -1",
    ],
    [
      { kind: "enum", name: "e", size: 4, signed: true, values: [{ name: "A", value: 2 ** 31 }] },
      'Cannot encode enum "e" as its value of "A" must be a signed number of 32 bits: it is 2147483648',
    ],
    [
      {
        kind: "struct",
        name: "s",
        size: 4,
        members: [{ name: "m", typeId: 1, offsetBits: 2 ** 24, bitfieldBits: 1 }],
      },
      'Cannot encode struct "s" as its offset of "m" must be from 0 to 16777215: it is 16777216',
    ],
  ];
  for (const [type, message] of refused) {
    const builder = createBtfBuilder();
    builder.add(type);
    assert.throws(() => builder.write(), { name: "RangeError", message });
  }
});
