import assert from "node:assert/strict";
import { test } from "node:test";

import { formatDiagnostic, type Result } from "../diagnostic.ts";
import { readBtf } from "./read.ts";
import { alignOf, resolveType, sizeOf, skipModifiers } from "./resolve.ts";
import type { Btf } from "./types.ts";

interface Parts {
  readonly types?: readonly number[];
  readonly strings?: string;
  readonly littleEndian?: boolean;
  readonly headerLength?: number;
  readonly layout?: readonly number[];
  readonly version?: number;
}

/** Encoded BTF from the words of its types and the text of its strings. */
function encode({ types = [], strings = "\0", littleEndian = true, ...rest }: Parts): Uint8Array {
  const { headerLength = 24, layout = [], version = 1 } = rest;
  const text = new TextEncoder().encode(strings);
  const stringsAt = types.length * 4;
  const layoutAt = stringsAt + text.length;
  const bytes = new Uint8Array(headerLength + layoutAt + layout.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0xeb9f, littleEndian);
  view.setUint8(2, version);
  const words = [headerLength, 0, stringsAt, stringsAt, text.length, layoutAt, layout.length];
  words.slice(0, headerLength >= 32 ? 7 : 5).forEach((word, i) => {
    view.setUint32(4 + i * 4, word, littleEndian);
  });
  types.forEach((word, i) => view.setUint32(headerLength + i * 4, word, littleEndian));
  bytes.set(text, headerLength + stringsAt);
  bytes.set(layout, headerLength + layoutAt);
  return bytes;
}

function info(kind: number, vlen = 0, flag = 0): number {
  return ((flag << 31) | (kind << 24) | vlen) >>> 0;
}

function value(result: Result<Btf>): Btf {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

function messages(result: Result<Btf>): string[] {
  return result.diagnostics.map(formatDiagnostic);
}

// 0 "", 1 "int", 5 "point", 11 "x", 13 "y", 15 "long name é"
const strings = "\0int\0point\0x\0y\0long name é\0";
const types = [
  [1, info(1), 4, 0x01000020], // 1 int, signed, 32 bits
  [5, info(4, 2), 8, 11, 1, 0, 13, 1, 32], // 2 struct point { int x; int y }
  [5, info(8), 2], // 3 typedef struct point point
  [0, info(10), 3], // 4 const point
  [0, info(2), 4], // 5 const point *
  [15, info(19, 2, 1), 8, 11, 0xffffffff, 0xffffffff, 13, 0, 0x7fffffff], // 6 enum64
  [0, info(3), 0, 4, 1, 3], // 7 const point[3]
].flat();

for (const littleEndian of [true, false]) {
  test(`readBtf() decodes types of ${littleEndian ? "little" : "big"}-endian BTF`, () => {
    const btf = value(readBtf(encode({ types, strings, littleEndian })));
    const all = Array.from({ length: btf.endId }, (_, id) => btf.type(id));
    assert.deepEqual(all, [
      { kind: "void" },
      { kind: "int", name: "int", size: 4, bits: 32, offsetBits: 0, encoding: "signed" },
      {
        kind: "struct",
        name: "point",
        size: 8,
        members: [
          { name: "x", typeId: 1, offsetBits: 0, bitfieldBits: 0 },
          { name: "y", typeId: 1, offsetBits: 32, bitfieldBits: 0 },
        ],
      },
      { kind: "typedef", name: "point", typeId: 2 },
      { kind: "const", typeId: 3 },
      { kind: "ptr", typeId: 4 },
      {
        kind: "enum64",
        name: "long name é",
        size: 8,
        signed: true,
        values: [
          { name: "x", value: -1 },
          { name: "y", value: 0x7fffffff00000000n },
        ],
      },
      { kind: "array", typeId: 4, indexTypeId: 1, length: 3 },
    ]);
    assert.equal(btf.littleEndian, littleEndian);
    assert.deepEqual(btf.idsByName("point"), [2, 3]);
    assert.deepEqual(btf.idsByName("point", "typedef"), [3]);
    assert.deepEqual(btf.idsByName("long name é"), [6]);
    assert.deepEqual(
      [btf.type(8), btf.kindOf(8), btf.nameOf(8), btf.stringAt(99)],
      [undefined, undefined, "", undefined],
    );
  });
}

test("idsByName() finds whole names only, and nothing for the empty one", () => {
  const btf = value(readBtf(encode({ types, strings })));
  const names = ["point", "oint", "x", "int", "t", "", "nothing", "long name é"];
  assert.deepEqual(
    names.map((name) => btf.idsByName(name)),
    [[2, 3], [], [], [1], [], [], [], [6]],
  );
});

test("idsByName() finds a name that is the tail of another string", () => {
  const tail = [7, info(16), 8]; // a FLOAT whose name starts inside "point"
  const btf = value(readBtf(encode({ types: tail, strings })));
  assert.deepEqual([btf.nameOf(1), btf.idsByName("int"), btf.idsByName("point")], ["int", [1], []]);
});

test("readBtf() continues the ids and strings of a base", () => {
  const base = value(readBtf(encode({ types, strings })));
  const length = new TextEncoder().encode(strings).length;
  const split = [
    [length, info(8), 2], // 8 typedef struct point alias
    [5, info(2), 8], // 9 a pointer with a name of the base, which only a test would write
  ].flat();
  const btf = value(readBtf(encode({ types: split, strings: "alias\0" }), { base }));
  assert.deepEqual([btf.firstId, btf.endId, btf.endString], [8, 10, length + 6]);
  assert.deepEqual(btf.type(8), { kind: "typedef", name: "alias", typeId: 2 });
  assert.deepEqual(btf.type(2), base.type(2));
  assert.deepEqual([btf.kindOf(2), btf.nameOf(2)], ["struct", "point"]);
  assert.deepEqual(btf.idsByName("alias"), [8]);
  assert.deepEqual(btf.idsByName("point"), [2, 3, 9]);
});

test("readBtf() skips kinds that only the layout section describes", () => {
  const layout = Array.from({ length: 21 * 4 }, () => 0);
  layout.splice(20 * 4, 4, 4, 8, 0, 0);
  const newer = [1, info(20, 2), 0, 1, 2, 3, 4, 5, 1, info(16), 8];
  const btf = value(readBtf(encode({ types: newer, strings, headerLength: 32, layout })));
  assert.deepEqual([btf.kindOf(1), btf.type(1), btf.nameOf(1)], [undefined, undefined, "int"]);
  assert.deepEqual(btf.type(2), { kind: "float", name: "int", size: 8 });
});

test("readBtf() reads names out of range as empty", () => {
  const btf = value(readBtf(encode({ types: [999, info(16), 8], strings })));
  assert.deepEqual(btf.type(1), { kind: "float", name: "", size: 8 });
  assert.deepEqual([btf.nameOf(1), btf.idsByName("int")], ["", []]);
});

test("readBtf() refuses damaged files with place, reason and remedy", () => {
  const whole = encode({ types, strings });
  const long = Uint8Array.from(whole);
  new DataView(long.buffer).setUint32(12, 5000, true);
  const deep = Uint8Array.from(whole);
  new DataView(deep.buffer).setUint32(4, 5000, true);
  const again = "Give the whole .BTF section or the whole file of /sys/kernel/btf";
  assert.deepEqual(
    [
      whole.subarray(0, 20),
      new Uint8Array(24),
      encode({ version: 2 }),
      deep,
      long,
      encode({ strings: "" }),
      encode({ strings: "\0a" }),
      encode({ strings: "a\0" }),
      encode({ types: [0, info(4, 9), 8, 1, 1, 1] }),
      encode({ types: [0, info(2), 1, 0] }),
      encode({ types: [0, info(25), 1] }),
      encode({ types: [0, info(0), 1] }),
    ].flatMap((bytes) => messages(readBtf(bytes))),
    [
      `error[btf-truncated] at byte 0: Cannot read BTF: 20 bytes are less than its header of 24. ${again}`,
      `error[btf-magic] at byte 0: Cannot read BTF: it starts with 0x0000, not 0x9feb. ${again}`,
      "error[btf-version] at byte 0: Cannot read BTF: its version is 2, not 1",
      `error[btf-header] at byte 0: Cannot read BTF: its header claims 5000 bytes of ${whole.length}. ${again}`,
      `error[btf-truncated] at byte 0: Cannot read BTF: its types end at byte 5024 of ${whole.length}. ${again}`,
      "error[btf-strings] at byte 24: Cannot read BTF: its string table is empty. Build the file again, or name the base when it is a module's",
      "error[btf-strings] at byte 24: Cannot read BTF: its string table does not end with a NUL. Build the file again, or name the base when it is a module's",
      "error[btf-strings] at byte 24: Cannot read BTF: its string table does not start with the empty string. Build the file again, or name the base when it is a module's",
      "error[btf-type-truncated] at byte 24: Cannot read BTF: type 1 of this file needs 120 bytes of 24. Build the file again",
      "error[btf-type-truncated] at byte 36: Cannot read BTF: type 2 of this file needs 12 bytes of 4. Build the file again",
      "error[btf-kind] at byte 24: Cannot read BTF: type 1 of this file has the unknown kind 25. Give BTF whose kinds are 1 to 19, or that describes its kinds in a layout section",
      "error[btf-kind] at byte 24: Cannot read BTF: type 1 of this file has the unknown kind 0. Give BTF whose kinds are 1 to 19, or that describes its kinds in a layout section",
    ],
  );
});

test("sizeOf(), alignOf() and resolveType() follow typedefs, qualifiers and arrays", () => {
  const btf = value(readBtf(encode({ types, strings })));
  const ids = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  assert.deepEqual(
    ids.map((id) => sizeOf(btf, id)),
    [undefined, 4, 8, 8, 8, 8, 8, 24, undefined],
  );
  assert.deepEqual(
    ids.map((id) => alignOf(btf, id)),
    [undefined, 4, 4, 4, 4, 8, 8, 4, undefined],
  );
  assert.deepEqual([resolveType(btf, 4)?.id, skipModifiers(btf, 4)?.id], [2, 3]);
});

test("sizeOf(), alignOf() and resolveType() give up on circles", () => {
  const circles = [
    [1, info(8), 2], // 1 typedef of 2
    [0, info(10), 1], // 2 const of 1
    [0, info(3), 0, 3, 1, 2], // 3 an array of itself
    [5, info(4, 2), 8, 11, 4, 0, 13, 4, 32], // 4 a struct with itself inside, twice
  ].flat();
  const btf = value(readBtf(encode({ types: circles, strings })));
  assert.deepEqual(
    [1, 2].map((id) => resolveType(btf, id)),
    [undefined, undefined],
  );
  assert.deepEqual(
    [1, 2, 3, 4].map((id) => sizeOf(btf, id)),
    [undefined, undefined, undefined, 8],
  );
  assert.deepEqual(
    [1, 2, 3, 4].map((id) => alignOf(btf, id)),
    [undefined, undefined, undefined, undefined],
  );
});
