import assert from "node:assert/strict";
import { test } from "node:test";

import { formatDiagnostic, type Result } from "../../diagnostic.ts";
import { createBtfBuilder, type BtfBuilder } from "../build.ts";
import { readBtf } from "../read.ts";
import type { BtfMember, BtfType } from "../types.ts";
import { printC } from "./print.ts";

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

/** The declarations of everything in the builder, without the frame of the header. */
function print(builder: BtfBuilder, roots?: readonly number[]): string {
  const btf = value(readBtf(builder.write()));
  const options = roots === undefined ? {} : { roots };
  const text = value(printC(btf, { guard: "T", preserveAccessIndex: false, ...options }));
  return text.replace("#ifndef T\n#define T\n\n", "").replace("\n\n#endif /* T */\n", "");
}

function withInt(...types: BtfType[]): BtfBuilder {
  const builder = createBtfBuilder();
  builder.add({ kind: "int", name: "int", size: 4, bits: 32, offsetBits: 0, encoding: "signed" });
  for (const type of types) builder.add(type);
  return builder;
}

function member(name: string, typeId: number, offsetBits: number, bitfieldBits = 0): BtfMember {
  return { name, typeId, offsetBits, bitfieldBits };
}

test("printC() orders types that need each other, and forward-declares the others", () => {
  const builder = withInt(
    { kind: "struct", name: "a", size: 16, members: [member("b", 4, 0), member("t", 6, 64)] }, // 2
    { kind: "struct", name: "b", size: 8, members: [member("a", 5, 0)] }, // 3
    { kind: "ptr", typeId: 3 }, // 4
    { kind: "ptr", typeId: 2 }, // 5
    { kind: "typedef", name: "b_t", typeId: 3 }, // 6
  );
  assert.equal(
    print(builder),
    [
      "struct b;",
      "typedef struct b b_t;",
      "struct a;",
      "struct b {\n\tstruct a *a;\n};",
      "struct a {\n\tstruct b *b;\n\tb_t t;\n};",
    ].join("\n\n"),
  );
  assert.equal(print(builder, [3]), "struct a;\n\nstruct b {\n\tstruct a *a;\n};");
});

test("printC() numbers types of one name, and lets a forward declaration mean the first", () => {
  const builder = withInt(
    { kind: "fwd", name: "x", target: "struct" }, // 2
    { kind: "struct", name: "x", size: 4, members: [member("i", 1, 0)] },
    { kind: "struct", name: "x", size: 8, members: [member("i", 1, 32)] },
    { kind: "fwd", name: "x", target: "union" },
    { kind: "typedef", name: "x", typeId: 1 },
    { kind: "typedef", name: "x", typeId: 2 },
    { kind: "enum", name: "", size: 4, signed: false, values: [{ name: "x", value: 1 }] },
  );
  assert.equal(
    print(builder),
    [
      "struct x;",
      "struct x {\n\tint i;\n};",
      "struct x___2 {\n\tint: 32;\n\tint i;\n};",
      "union x___3;",
      "typedef int x;",
      "typedef struct x x___2;",
      "enum {\n\tx___3 = 1,\n};",
    ].join("\n\n"),
  );
});

test("printC() pads and packs so that every member comes to lie where BTF has it", () => {
  const builder = withInt(
    {
      kind: "struct",
      name: "gaps",
      size: 2000,
      members: [member("a", 1, 32), member("b", 1, 96, 5), member("c", 1, 120, 8)],
    },
    {
      kind: "struct",
      name: "tight",
      size: 9,
      members: [member("a", 1, 8), member("b", 1, 40, 30)],
    },
    { kind: "union", name: "wide", size: 16, members: [member("a", 1, 0)] },
    { kind: "struct", name: "nothing", size: 0, members: [] },
    { kind: "struct", name: "copy", size: 16, members: [member("", 4, 0)] },
  );
  assert.equal(
    print(builder),
    [
      "struct gaps {\n\tint: 32;\n\tint a;\n\tint: 32;\n\tint b: 5;\n\tchar: 3;\n\tchar: 8;\n\tchar: 8;\n\tint c: 8;\n\tchar __pad_16[1984];\n};",
      "struct tight {\n\tchar: 8;\n\tint a;\n\tint b: 30;\n} __attribute__((packed));",
      "union wide {\n\tint a;\n\tchar __pad_0[16];\n};",
      "struct nothing {};",
      "struct copy {\n\tunion {\n\t\tint a;\n\t\tchar __pad_0[16];\n\t};\n};",
    ].join("\n\n"),
  );
});

test("printC() prints bit fields of kernels before 4.20, enums of every size and shared anonymous enums", () => {
  const builder = createBtfBuilder();
  builder.add({
    kind: "int",
    name: "unsigned int",
    size: 4,
    bits: 3,
    offsetBits: 2,
    encoding: "unsigned",
  });
  builder.add({ kind: "struct", name: "old", size: 4, members: [member("f", 1, 0)] });
  builder.add({
    kind: "enum",
    name: "byte",
    size: 1,
    signed: true,
    values: [{ name: "NO", value: -1 }],
  });
  builder.add({
    kind: "enum64",
    name: "least",
    size: 8,
    signed: true,
    values: [{ name: "MIN", value: -(2n ** 63n) }],
  });
  builder.add({
    kind: "enum",
    name: "",
    size: 4,
    signed: false,
    values: [{ name: "YES", value: 1 }],
  });
  builder.add({
    kind: "struct",
    name: "two",
    size: 8,
    members: [member("a", 5, 0), member("b", 5, 32)],
  });
  builder.add({ kind: "enum", name: "empty", size: 4, signed: false, values: [] });
  builder.add({ kind: "typedef", name: "e_t", typeId: 7 });
  assert.equal(
    print(builder),
    [
      "struct old {\n\tchar: 2;\n\tunsigned int f: 3;\n};",
      "enum byte {\n\tNO = -1,\n} __attribute__((mode(byte)));",
      "enum least {\n\tMIN = (-9223372036854775807LL - 1),\n};",
      "struct two {\n\tenum {\n\t\tYES = 1,\n\t} a;\n\tunsigned int b;\n};",
      "typedef unsigned int e_t;",
    ].join("\n\n"),
  );
});

test("printC() wraps a slice in a guard and, unless told otherwise, in CO-RE's attribute", () => {
  const btf = value(readBtf(withInt({ kind: "typedef", name: "t", typeId: 1 }).write()));
  assert.equal(
    value(printC(btf, { roots: [2] })),
    `#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

typedef int t;

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
`,
  );
});

test("printC() gives up on types that repeat without end and on nests too deep", () => {
  // Each anonymous struct holds the next one twice: 2^40 members.
  const doubling = withInt();
  for (let i = 0; i < 40; i += 1) {
    const next = i === 39 ? 1 : doubling.endId + 1;
    doubling.add({
      kind: "struct",
      name: "",
      size: 4,
      members: [member("a", next, 0), member("b", next, 32)],
    });
  }
  doubling.add({ kind: "typedef", name: "t", typeId: 2 });
  const deep = withInt();
  for (let i = 0; i < 5000; i += 1) {
    deep.add({ kind: "struct", name: `s${i}`, size: 4, members: [member("a", deep.endId + 1, 0)] });
  }
  // A function that takes a pointer to itself, and a record inside itself.
  const circles = [
    withInt(
      { kind: "func_proto", returnTypeId: 1, parameters: [{ name: "f", typeId: 3 }] },
      { kind: "ptr", typeId: 2 },
      { kind: "typedef", name: "t", typeId: 3 },
    ),
    withInt(
      { kind: "struct", name: "", size: 4, members: [member("a", 2, 0)] },
      { kind: "typedef", name: "t", typeId: 2 },
    ),
  ];
  const messages = [doubling, deep, ...circles].map((builder) =>
    printC(value(readBtf(builder.write()))).diagnostics.map(formatDiagnostic),
  );
  const limit = "error[btf-print-limit] at byte 0: Cannot print BTF as C";
  const repeat = `${limit}: types repeat without end. Build the file again`;
  const deeper = `${limit}: types are nested deeper than 400. Build the file again`;
  assert.deepEqual(messages, [[repeat], [deeper], [deeper], [repeat]]);
});
