import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { formatDiagnostic, type Result } from "../diagnostic.ts";
import { createBtfBuilder } from "./build.ts";
import { printC } from "./c/print.ts";
import { concatBtf } from "./copy.ts";
import { dedupBtf } from "./dedup.ts";
import { printRawType } from "./print-raw.ts";
import { readBtf } from "./read.ts";
import type { Btf, BtfMember, BtfType } from "./types.ts";

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

function build(types: readonly BtfType[], base?: Btf): Btf {
  const builder = createBtfBuilder({ base });
  for (const type of types) builder.add(type);
  return value(readBtf(builder.write(), { base }));
}

function listing(btf: Btf): string[] {
  return Array.from({ length: btf.endId - btf.firstId }, (_, i) =>
    printRawType(btf, btf.firstId + i),
  );
}

function dedup(types: readonly BtfType[], base?: Btf): { list: string[]; ids: number[] } {
  const { bytes, ids } = value(dedupBtf(build(types, base)));
  return { list: listing(value(readBtf(bytes, { base }))), ids: [...ids] };
}

const int: BtfType = {
  kind: "int",
  name: "int",
  size: 4,
  bits: 32,
  offsetBits: 0,
  encoding: "signed",
};
const member = (name: string, typeId: number): BtfMember => ({
  name,
  typeId,
  offsetBits: 0,
  bitfieldBits: 0,
});
const struct = (name: string, ...members: BtfMember[]): BtfType => ({
  kind: "struct",
  name,
  size: 8,
  members,
});
const ptr = (typeId: number): BtfType => ({ kind: "ptr", typeId });
const fwd = (name: string): BtfType => ({ kind: "fwd", name, target: "struct" });

test("dedupBtf() merges equal types, circles included, and tells the new ids", () => {
  const types = [
    int, // 1
    struct("node", member("next", 3)), // 2
    ptr(2), // 3
    int, // 4
    struct("node", member("next", 6)), // 5
    ptr(5), // 6
    { kind: "typedef", name: "t", typeId: 5 } as const, // 7
    { kind: "var", name: "v", typeId: 4, linkage: "global" } as const, // 8
    { kind: "var", name: "v", typeId: 1, linkage: "global" } as const, // 9
  ];
  assert.deepEqual(dedup(types), {
    list: [
      "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED",
      "[2] STRUCT 'node' size=8 vlen=1\n\t'next' type_id=3 bits_offset=0",
      "[3] PTR '(anon)' type_id=2",
      "[4] TYPEDEF 't' type_id=2",
      "[5] VAR 'v' type_id=1, linkage=global",
      "[6] VAR 'v' type_id=1, linkage=global",
    ],
    ids: [0, 1, 2, 3, 1, 2, 3, 4, 5, 6],
  });
});

test("dedupBtf() resolves forward declarations across units that know different halves", () => {
  const types = [
    fwd("b"), // 1
    ptr(1),
    struct("a", member("b", 2)), // 3 a, which knows b by name only
    fwd("a"), // 4
    ptr(4),
    struct("b", member("a", 5)), // 6 b, which knows a by name only
    struct("a", member("b", 8)), // 7 both
    ptr(9),
    struct("b", member("a", 10)),
    ptr(7),
  ];
  assert.deepEqual(dedup(types), {
    list: [
      "[1] PTR '(anon)' type_id=4",
      "[2] STRUCT 'a' size=8 vlen=1\n\t'b' type_id=1 bits_offset=0",
      "[3] PTR '(anon)' type_id=2",
      "[4] STRUCT 'b' size=8 vlen=1\n\t'a' type_id=3 bits_offset=0",
    ],
    ids: [0, 4, 1, 2, 2, 3, 4, 2, 1, 4, 3],
  });
});

test("dedupBtf() keeps records of one name that differ, what points at them, and their declaration", () => {
  const types = [
    int,
    struct("a", member("x", 1)), // 2
    struct("a", member("y", 1)), // 3
    ptr(2),
    ptr(3),
    fwd("a"),
    ptr(6),
    struct("u", member("a", 4)), // 8
    struct("u", member("a", 5)), // 9 differs from 8 only in what it points at
    struct("u", member("a", 4)), // 10 as 8
    fwd("only"),
    fwd("only"),
  ];
  assert.deepEqual(dedup(types).ids, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 10, 10]);
});

test("dedupBtf() takes an enum without enumerators for the one of its name", () => {
  const values = [{ name: "A", value: 1 }];
  const types: BtfType[] = [
    { kind: "enum", name: "e", size: 4, signed: false, values: [] },
    { kind: "enum", name: "e", size: 4, signed: false, values },
    {
      kind: "enum64",
      name: "big",
      size: 8,
      signed: false,
      values: [{ name: "B", value: 2n ** 60n }],
    },
    {
      kind: "enum64",
      name: "big",
      size: 8,
      signed: false,
      values: [{ name: "B", value: 2n ** 60n }],
    },
  ];
  assert.deepEqual(dedup(types).ids, [0, 1, 1, 2, 2]);
});

test("dedupBtf() takes from the base what the base has", () => {
  const base = build([int, struct("node", member("next", 3)), ptr(2)]);
  const types = [int, struct("node", member("next", 6)), ptr(5), struct("own", member("n", 6))];
  assert.deepEqual(dedup(types, base), {
    list: ["[4] STRUCT 'own' size=8 vlen=1\n\t'n' type_id=3 bits_offset=0"],
    ids: [0, 1, 2, 3, 1, 2, 3, 4],
  });
});

test("dedupBtf() gives up on chains without end", () => {
  const chain = Array.from({ length: 5000 }, (_, i) => ptr(i + 2));
  assert.deepEqual(dedupBtf(build(chain)).diagnostics.map(formatDiagnostic), [
    "error[btf-dedup-limit] at byte 0: Cannot merge equal types of BTF: references are chained over more than 400 types. Build the file again",
  ]);
});

/** Types as a compiler makes them: references behind pointers go anywhere, others only back. */
const program = fc
  .array(
    fc.record({
      kind: fc.constantFrom("struct", "ptr", "typedef", "array", "const"),
      a: fc.nat(30),
      b: fc.nat(30),
      name: fc.constantFrom("p", "q", "r", ""),
    }),
    { minLength: 1, maxLength: 20 },
  )
  .map((list): BtfType[] => {
    const types = list.map(({ kind, a, b, name }, i): BtfType => {
      // Only a pointer may look ahead, and then only at types that are there; arrays and members look back at ints.
      const any = 1 + (a % (list.length + 1));
      if (kind === "ptr") return ptr(any);
      const back = 1 + (b % (i + 1));
      if (kind === "struct") return struct(name === "" ? "s" : name, member("m", back));
      if (kind === "typedef") return { kind, name: `${name}_t`, typeId: back };
      if (kind === "array") return { kind, typeId: back, indexTypeId: 1, length: 2 };
      return { kind: "const", typeId: back };
    });
    types.unshift(int);
    return types;
  });

test("dedupBtf() twice is dedupBtf() once, and two copies of a program make one", () => {
  fc.assert(
    fc.property(program, (types) => {
      const once = value(dedupBtf(build(types)));
      const btf = value(readBtf(once.bytes));
      assert.deepEqual(value(dedupBtf(btf)).bytes, once.bytes);
      const builder = createBtfBuilder();
      concatBtf(builder, btf);
      concatBtf(builder, btf);
      assert.deepEqual(value(dedupBtf(value(readBtf(builder.write())))).bytes, once.bytes);
    }),
    { numRuns: 500 },
  );
});

test("dedupBtf() keeps how every named type prints in C", () => {
  fc.assert(
    fc.property(program, (types) => {
      const before = build(types);
      const { bytes, ids } = value(dedupBtf(before));
      const after = value(readBtf(bytes));
      for (let id = 1; id < before.endId; id += 1) {
        if (before.nameOf(id) === "") continue;
        const [a, b] = [printC(before, { roots: [id] }), printC(after, { roots: [ids[id] ?? 0] })];
        // Copies of one type that a slice reaches have names of their own, so their numbers are taken off.
        assert.deepEqual(declarations(a), declarations(b));
      }
    }),
    { numRuns: 300 },
  );
});

function declarations(result: Result<string>): Set<string> {
  if (!result.ok) return new Set(result.diagnostics.map(formatDiagnostic));
  const texts = result.value.replaceAll(/___\d+/g, "").split("\n\n");
  // Of two copies, one may need a forward declaration where the one type needs none.
  return new Set(texts.filter((text) => !/^struct \w+;$/.test(text)));
}
