// Whatever the bytes, reading gives a value or diagnostics, and what works on the value comes to an end.
import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { createBtfBuilder } from "./build.ts";
import { printC } from "./c/print.ts";
import { copyTypes } from "./copy.ts";
import { dedupBtf } from "./dedup.ts";
import { typeToJson } from "./json.ts";
import { printRawType } from "./print-raw.ts";
import { readBtf } from "./read.ts";
import { alignOf, resolveType, sizeOf } from "./resolve.ts";
import { sanitizeBtf } from "./sanitize.ts";
import { printTs } from "./ts/print.ts";
import type { BtfType } from "./types.ts";

const types: BtfType[] = [
  { kind: "int", name: "int", size: 4, bits: 32, offsetBits: 0, encoding: "signed" },
  { kind: "ptr", typeId: 4 },
  { kind: "array", typeId: 2, indexTypeId: 1, length: 3 },
  {
    kind: "struct",
    name: "node",
    size: 40,
    members: [
      { name: "next", typeId: 2, offsetBits: 0, bitfieldBits: 0 },
      { name: "all", typeId: 3, offsetBits: 64, bitfieldBits: 0 },
      { name: "flag", typeId: 1, offsetBits: 256, bitfieldBits: 3 },
      { name: "", typeId: 5, offsetBits: 288, bitfieldBits: 0 },
    ],
  },
  {
    kind: "union",
    name: "",
    size: 4,
    members: [{ name: "u", typeId: 1, offsetBits: 0, bitfieldBits: 0 }],
  },
  { kind: "enum", name: "e", size: 4, signed: true, values: [{ name: "A", value: -1 }] },
  {
    kind: "enum64",
    name: "e64",
    size: 8,
    signed: false,
    values: [{ name: "B", value: 2n ** 60n }],
  },
  { kind: "fwd", name: "opaque", target: "struct" },
  { kind: "typedef", name: "node_t", typeId: 4 },
  { kind: "volatile", typeId: 9 },
  { kind: "const", typeId: 10 },
  { kind: "restrict", typeId: 2 },
  { kind: "type_tag", name: "user", typeId: 1, attribute: false },
  { kind: "func_proto", returnTypeId: 1, parameters: [{ name: "n", typeId: 2 }] },
  { kind: "func", name: "work", typeId: 14, linkage: "global" },
  { kind: "var", name: "v", typeId: 11, linkage: "global" },
  { kind: "datasec", name: ".data", size: 40, variables: [{ typeId: 16, offset: 0, size: 40 }] },
  { kind: "float", name: "double", size: 8 },
  { kind: "decl_tag", name: "tag", typeId: 4, component: 0, attribute: false },
];

const support = {
  func: false,
  datasec: false,
  globalFunc: false,
  float: false,
  declTag: false,
  typeTag: false,
  enum64: false,
  optionalDatasec: false,
  attributeTags: false,
};

function sample(): Uint8Array {
  const builder = createBtfBuilder();
  for (const type of types) builder.add(type);
  return builder.write();
}

/** Everything this folder does with BTF; gives how many types there were. */
function use(bytes: Uint8Array): number {
  const read = readBtf(bytes);
  if (!read.ok) {
    assert(read.diagnostics.length > 0);
    return 0;
  }
  const btf = read.value;
  for (let id = 0; id <= btf.endId; id += 1) {
    sizeOf(btf, id);
    alignOf(btf, id);
    resolveType(btf, id);
    printRawType(btf, id);
    typeToJson(btf, id);
    const name = btf.nameOf(id);
    // What is no UTF-8 has no name to be found by.
    if (!name.includes("\ufffd")) assert.equal(btf.idsByName(name).includes(id), name !== "");
  }
  copyTypes(createBtfBuilder(), btf, [1, 4, 17]);
  printC(btf);
  printTs(btf);
  // What was read from damaged bytes can be written again, and reads the same.
  for (const written of [sanitizeBtf(btf, support), dedupBtf(btf)]) {
    if (written instanceof Uint8Array) assert(readBtf(written).ok);
    else if (written.ok) assert(readBtf(written.value.bytes).ok);
  }
  return btf.endId - 1;
}

test("everything works on the undamaged sample, which has all kinds", () => {
  assert.equal(use(sample()), 19);
});

test("nothing throws or hangs on random bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      use(bytes);
    }),
    { numRuns: 500 },
  );
});

test("nothing throws or hangs when words of BTF are replaced", () => {
  const whole = sample();
  const word = fc.oneof(
    fc.nat(20),
    fc.nat(0xffffffff),
    fc.nat(19).map((kind) => kind * 0x1000000 + 1),
  );
  const edits = fc.array(fc.tuple(fc.nat(Math.floor(whole.length / 4) - 1), word), {
    minLength: 1,
    maxLength: 8,
  });
  let survived = 0;
  fc.assert(
    fc.property(edits, (list) => {
      const bytes = Uint8Array.from(whole);
      const view = new DataView(bytes.buffer);
      for (const [at, value] of list) view.setUint32(at * 4, value, true);
      if (use(bytes) > 0) survived += 1;
    }),
    { numRuns: 1500 },
  );
  assert(survived > 100, `only ${survived} inputs were read`);
});

test("nothing throws or hangs when bytes of BTF are replaced or cut off", () => {
  const whole = sample();
  const edits = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 });
  fc.assert(
    fc.property(edits, fc.nat(whole.length), fc.boolean(), (list, length, cut) => {
      const bytes = cut ? whole.slice(0, length) : Uint8Array.from(whole);
      for (const [at, value] of list) if (at < bytes.length) bytes[at] = value;
      use(bytes);
    }),
    { numRuns: 1500 },
  );
});
