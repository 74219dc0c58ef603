import assert from "node:assert/strict";
import { test } from "node:test";

import { createBtfBuilder } from "../btf/build.ts";
import { readBtf } from "../btf/read.ts";
import type { BtfMember, BtfType } from "../btf/types.ts";
import { fieldsAreCompatible, typesAreCompatible, type Verdict } from "./compatible.ts";
import { createTypeView } from "./type-view.ts";
import { typesMatch } from "./types-match.ts";

type Compare = typeof typesMatch;

/** Compares the last types of two lists of types. */
function compare(by: Compare, local: readonly BtfType[], target: readonly BtfType[]): Verdict {
  const [a, b] = [local, target].map((types) => {
    const builder = createBtfBuilder();
    for (const type of types) builder.add(type);
    const read = readBtf(builder.write());
    assert.ok(read.ok);
    return createTypeView(read.value);
  });
  assert.ok(a !== undefined && b !== undefined);
  return by(a, local.length, b, target.length);
}

function int(name: string, size = 4, encoding: "unsigned" | "signed" = "unsigned"): BtfType {
  return { kind: "int", name, size, bits: size * 8, offsetBits: 0, encoding };
}

const u32 = int("u32");
const shifted: BtfType = { ...int("u32"), kind: "int", offsetBits: 3 } as BtfType;
const floating: BtfType = { kind: "float", name: "double", size: 8 };

function pointer(typeId: number): BtfType {
  return { kind: "ptr", typeId };
}

function array(typeId: number, length: number): BtfType {
  return { kind: "array", typeId, indexTypeId: typeId, length };
}

function composite(
  kind: "struct" | "union",
  name: string,
  ...members: (readonly [string, number])[]
): BtfType {
  const list = members.map(([name, typeId]): BtfMember => ({
    name,
    typeId,
    offsetBits: 0,
    bitfieldBits: 0,
  }));
  return { kind, name, size: 8, members: list };
}

function fwd(target: "struct" | "union", name = "s"): BtfType {
  return { kind: "fwd", name, target };
}

function choice(kind: "enum" | "enum64", name: string, size: number, ...names: string[]): BtfType {
  return { kind, name, size, signed: false, values: names.map((name, value) => ({ name, value })) };
}

function proto(returnTypeId: number, ...typeIds: number[]): BtfType {
  const parameters = typeIds.map((typeId) => ({ name: "", typeId }));
  return { kind: "func_proto", returnTypeId, parameters };
}

function qualified(kind: "const" | "volatile" | "restrict", typeId: number): BtfType {
  return { kind, typeId };
}

const struct = composite("struct", "s", ["a", 1]);
const union = composite("union", "s", ["a", 1]);
/** A chain of n pointers, longer than anything in C. */
const chain = (n: number): BtfType[] => Array.from({ length: n }, (_, i) => pointer(i));

test("fieldsAreCompatible() takes what can stand for one another in memory", () => {
  const cases: [string, Verdict, BtfType[], BtfType[]][] = [
    ["integers of any size and sign", true, [u32], [int("long", 8, "signed")]],
    ["integers behind typedefs and qualifiers", true, [u32, qualified("const", 1)], [u32]],
    ["integers with a bit offset", false, [u32], [shifted]],
    ["any structs and unions", true, [u32, struct], [u32, composite("union", "other")]],
    ["any pointers", true, [pointer(0)], [u32, pointer(1)]],
    ["a pointer and an integer", false, [pointer(0)], [int("u64", 8)]],
    ["floats", true, [floating], [{ kind: "float", name: "float", size: 4 }]],
    [
      "enums of one name, of any width",
      true,
      [choice("enum", "e", 4)],
      [choice("enum64", "e___x", 8)],
    ],
    ["an anonymous enum", true, [choice("enum", "", 4)], [choice("enum", "e", 4)]],
    ["enums of two names", false, [choice("enum", "d", 4)], [choice("enum", "e", 4)]],
    ["forward declarations of one name", true, [fwd("struct")], [fwd("union")]],
    ["forward declarations of two names", false, [fwd("struct")], [fwd("struct", "t")]],
    ["arrays of any length", true, [u32, array(1, 4)], [u32, array(1, 2)]],
    ["arrays of other elements", false, [u32, array(1, 4)], [pointer(0), array(1, 4)]],
    ["functions", false, [proto(0)], [proto(0)]],
    ["types that are not there", "undecidable", [qualified("const", 9)], [u32]],
    ["an array of itself", "undecidable", [array(1, 1)], [array(1, 1)]],
  ];
  for (const [what, verdict, local, target] of cases)
    assert.equal(compare(fieldsAreCompatible, local, target), verdict, what);
});

test("typesAreCompatible() compares kinds, not names, below the root", () => {
  const typedef: BtfType = { kind: "typedef", name: "t", typeId: 1 };
  const cases: [string, Verdict, BtfType[], BtfType[]][] = [
    ["structs", true, [u32, struct], [u32, composite("struct", "other")]],
    ["a struct and a union", false, [u32, struct], [u32, union]],
    ["a typedef and what it stands for", false, [u32, typedef], [u32]],
    ["typedefs of integers", true, [u32, typedef], [int("u64", 8), typedef]],
    ["typedefs of an integer and a pointer", false, [u32, typedef], [pointer(0), typedef]],
    ["enums of any width", true, [choice("enum", "e", 4)], [choice("enum64", "e", 8)]],
    ["integers with a bit offset", false, [u32], [shifted]],
    ["pointers to void", true, [pointer(0)], [pointer(0)]],
    ["pointers to a struct and void", false, [u32, struct, pointer(2)], [pointer(0)]],
    ["arrays of any length", true, [u32, array(1, 4)], [u32, array(1, 2)]],
    ["functions alike", true, [u32, proto(1, 1, 1)], [u32, int("u8", 1), proto(2, 1, 2)]],
    ["functions of other parameters", false, [u32, proto(1, 1)], [pointer(0), u32, proto(2, 1)]],
    ["functions of other counts", false, [u32, proto(1, 1)], [u32, proto(1, 1, 1)]],
    ["functions of other results", false, [u32, proto(1)], [u32, proto(0)]],
    ["floats", false, [floating], [floating]],
    ["31 pointers", true, chain(31), chain(31)],
    ["33 pointers", "undecidable", chain(33), chain(33)],
    ["a typedef of itself", "undecidable", [typedef], [typedef]],
    ["a function that takes itself", "undecidable", [proto(0, 1)], [proto(0, 1)]],
  ];
  for (const [what, verdict, local, target] of cases)
    assert.equal(compare(typesAreCompatible, local, target), verdict, what);
});

test("typesMatch() wants every local member, enumerator and parameter in the kernel's type", () => {
  const more = composite("struct", "s___kernel", ["b", 1], ["a", 1]);
  const own = choice("enum", "e", 4, "A", "B");
  const linked = (inner: BtfType): BtfType[] => [
    u32,
    inner,
    pointer(2),
    composite("struct", "l", ["p", 3]),
  ];
  const held = (inner: BtfType): BtfType[] => [u32, inner, composite("struct", "l", ["m", 2])];
  const cases: [string, Verdict, BtfType[], BtfType[]][] = [
    ["a struct with more members", true, [u32, struct], [u32, more]],
    ["a struct with fewer members", false, [u32, more], [u32, struct]],
    ["a member of another size", false, [u32, struct], [int("u32", 8), struct]],
    ["a member of another sign", false, [u32, struct], [int("u32", 4, "signed"), struct]],
    ["a member of another name of type", false, [u32, struct], [int("uint"), struct]],
    ["a struct and a union", false, [u32, struct], [u32, union]],
    ["unions", true, [u32, union], [u32, union]],
    [
      "a struct behind a pointer, whatever is in it",
      true,
      linked(struct),
      linked(composite("struct", "s")),
    ],
    [
      "a struct of another name behind a pointer",
      false,
      linked(struct),
      linked(composite("struct", "t")),
    ],
    ["a struct declared behind a pointer", true, linked(struct), linked(fwd("struct"))],
    ["a declaration of what is a struct", true, linked(fwd("struct")), linked(struct)],
    ["a declaration of what is a union", false, linked(fwd("struct")), linked(union)],
    ["a union declared as struct", false, linked(union), linked(fwd("struct"))],
    ["a struct in a struct", false, held(more), held(struct)],
    ["declarations", true, [fwd("struct")], [fwd("struct")]],
    ["declarations of two kinds", false, [fwd("struct")], [fwd("union")]],
    ["a declaration and a struct", false, [u32, fwd("struct")], [u32, struct]],
    ["an enum with more", true, [own], [choice("enum", "e", 4, "B___k", "C", "A")]],
    ["an enum with less", false, [own], [choice("enum", "e", 4, "A", "C")]],
    ["an enum of another width", false, [own], [choice("enum64", "e", 8, "A", "B")]],
    [
      "a wide enum of the same size",
      true,
      [choice("enum", "e", 8, "A")],
      [choice("enum64", "e", 8, "A")],
    ],
    ["an enum and an integer", false, [own], [int("e")]],
    ["arrays of one length", true, [u32, array(1, 4)], [u32, array(1, 4)]],
    ["arrays of two lengths", false, [u32, array(1, 4)], [u32, array(1, 5)]],
    ["functions", true, [u32, pointer(1), proto(1, 1, 2)], [u32, pointer(1), proto(1, 1, 2)]],
    ["functions of other parameters", false, [u32, proto(1, 1)], [int("u64", 8), u32, proto(2, 1)]],
    ["functions of other counts", false, [u32, proto(1)], [u32, proto(1, 1)]],
    ["void", true, [pointer(0)], [pointer(0)]],
    ["void and something", false, [pointer(0)], [u32, pointer(1)]],
    ["floats", false, [floating], [floating]],
    ["33 pointers", "undecidable", chain(33), chain(33)],
    [
      "a struct that holds itself",
      "undecidable",
      [composite("struct", "s", ["s", 1])],
      [composite("struct", "s", ["s", 1])],
    ],
  ];
  for (const [what, verdict, local, target] of cases)
    assert.equal(compare(typesMatch, local, target), verdict, what);
});

test("comparisons of types that share their parts take linear time", () => {
  // Thirty structs, each with the one before it twice: 2^30 paths, 30 pairs.
  const structs: BtfType[] = [u32];
  const functions: BtfType[] = [u32];
  for (let id = 1; id <= 30; id += 1) {
    structs.push(composite("struct", `s${id}`, ["a", id], ["b", id]));
    functions.push(proto(id, id, id));
  }
  assert.equal(compare(typesMatch, structs, structs), true);
  assert.equal(compare(typesMatch, functions, functions), true);
  assert.equal(compare(typesAreCompatible, functions, functions), true);
});
