import assert from "node:assert/strict";
import { test } from "node:test";

import { formatDiagnostic, type Result } from "../diagnostic.ts";
import { createBtfBuilder, extendBtf } from "./build.ts";
import { printRawType } from "./print-raw.ts";
import { readBtf } from "./read.ts";
import { placeDatasec, placeKsyms, sanitizeBtf, type KernelBtfSupport } from "./sanitize.ts";
import type { Btf, BtfType } from "./types.ts";

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

function listing(bytes: Uint8Array): string[] {
  const btf = value(readBtf(bytes));
  return Array.from({ length: btf.endId - 1 }, (_, i) => printRawType(btf, i + 1));
}

const types: BtfType[] = [
  { kind: "int", name: "int", size: 4, bits: 32, offsetBits: 0, encoding: "signed" },
  { kind: "var", name: "total", typeId: 1, linkage: "global" },
  { kind: "datasec", name: "?.data.x", size: 8, variables: [{ typeId: 2, offset: 4, size: 4 }] },
  {
    kind: "func_proto",
    returnTypeId: 1,
    parameters: [
      { name: "a", typeId: 1 },
      { name: "", typeId: 1 },
    ],
  },
  { kind: "func", name: "work", typeId: 4, linkage: "global" },
  { kind: "float", name: "double", size: 8 },
  { kind: "decl_tag", name: "tag", typeId: 5, component: 0, attribute: false },
  { kind: "type_tag", name: "user", typeId: 1, attribute: false },
  { kind: "type_tag", name: "address_space(1)", typeId: 1, attribute: true },
  { kind: "enum", name: "e", size: 4, signed: true, values: [{ name: "A", value: -1 }] },
  {
    kind: "enum64",
    name: "e64",
    size: 8,
    signed: false,
    values: [{ name: "B", value: 2n ** 63n }],
  },
];

function sample(): Btf {
  const builder = createBtfBuilder();
  for (const type of types) builder.add(type);
  return value(readBtf(builder.write()));
}

const everything: KernelBtfSupport = {
  func: true,
  datasec: true,
  globalFunc: true,
  float: true,
  declTag: true,
  typeTag: true,
  enum64: true,
  optionalDatasec: true,
  attributeTags: true,
};
const nothing: KernelBtfSupport = {
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

test("sanitizeBtf() changes nothing for a kernel that knows everything", () => {
  const btf = sample();
  assert.deepEqual(sanitizeBtf(btf, everything), btf.bytes);
});

test("sanitizeBtf() leaves only what the first kernels with BTF know", () => {
  assert.deepEqual(listing(sanitizeBtf(sample(), nothing)), [
    "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED",
    "[2] INT 'total' size=1 bits_offset=0 nr_bits=8 encoding=(none)",
    "[3] STRUCT '__data_x' size=8 vlen=1\n\t'total' type_id=2 bits_offset=32",
    "[4] ENUM '(anon)' encoding=UNSIGNED size=4 vlen=2\n\t'a' val=1\n\t'parameter_1' val=1",
    "[5] TYPEDEF 'work' type_id=4",
    "[6] STRUCT '(anon)' size=8 vlen=0",
    "[7] INT 'tag' size=1 bits_offset=0 nr_bits=8 encoding=(none)",
    "[8] CONST '(anon)' type_id=1",
    "[9] CONST '(anon)' type_id=1",
    "[10] ENUM 'e' encoding=UNSIGNED size=4 vlen=1\n\t'A' val=4294967295",
    "[11] UNION 'e64' size=8 vlen=1\n\t'B' type_id=12 bits_offset=0",
    "[12] INT 'enum64_placeholder' size=1 bits_offset=0 nr_bits=8 encoding=(none)",
  ]);
});

test("sanitizeBtf() replaces each thing on its own", () => {
  const before = listing(sample().bytes);
  const changes = (without: keyof KernelBtfSupport): string[] =>
    listing(sanitizeBtf(sample(), { ...everything, [without]: false })).filter(
      (line, i) => line !== before[i],
    );
  assert.deepEqual(changes("globalFunc"), ["[5] FUNC 'work' type_id=4 linkage=static"]);
  assert.deepEqual(changes("optionalDatasec"), [
    "[3] DATASEC '_.data.x' size=8 vlen=1\n\ttype_id=2 offset=4 size=4 (VAR 'total')",
  ]);
  assert.deepEqual(changes("attributeTags"), ["[9] CONST '(anon)' type_id=1"]);
  assert.deepEqual(changes("float"), ["[6] STRUCT '(anon)' size=8 vlen=0"]);
});

test("placeDatasec() sets size and offsets, and sorts the variables", () => {
  const builder = createBtfBuilder();
  const int = builder.add({
    kind: "int",
    name: "int",
    size: 4,
    bits: 32,
    offsetBits: 0,
    encoding: "signed",
  });
  const ids = ["a", "b", "c"].map((name) =>
    builder.add({ kind: "var", name, typeId: int, linkage: "extern" }),
  );
  const variables = ids.map((typeId) => ({ typeId, offset: 0, size: 4 }));
  builder.add({ kind: "datasec", name: ".kconfig", size: 0, variables });
  const offsets = new Map([
    ["a", 8],
    ["b", 4],
  ]);
  assert.equal(placeDatasec(builder, ".kconfig", { size: 12, offsets }), true);
  assert.equal(placeDatasec(builder, ".data", { size: 12, offsets }), false);
  assert.deepEqual(listing(builder.write()).slice(1), [
    "[2] VAR 'a' type_id=1, linkage=global",
    "[3] VAR 'b' type_id=1, linkage=global",
    "[4] VAR 'c' type_id=1, linkage=global",
    "[5] DATASEC '.kconfig' size=12 vlen=3\n\ttype_id=4 offset=0 size=4 (VAR 'c')\n\ttype_id=3 offset=4 size=4 (VAR 'b')\n\ttype_id=2 offset=8 size=4 (VAR 'a')",
  ]);
});

test("placeKsyms() turns externs into what the kernel takes", () => {
  const builder = createBtfBuilder();
  builder.add({ kind: "func_proto", returnTypeId: 0, parameters: [{ name: "", typeId: 2 }] });
  builder.add({ kind: "ptr", typeId: 0 });
  const kfunc = builder.add({
    kind: "func",
    name: "bpf_rcu_read_lock",
    typeId: 1,
    linkage: "extern",
  });
  const ksym = builder.add({ kind: "var", name: "jiffies", typeId: 0, linkage: "extern" });
  const variables = [kfunc, ksym].map((typeId) => ({ typeId, offset: 0, size: 0 }));
  builder.add({ kind: "datasec", name: ".ksyms", size: 0, variables });
  assert.equal(placeKsyms(builder), true);
  assert.deepEqual(listing(builder.write()), [
    "[1] FUNC_PROTO '(anon)' ret_type_id=0 vlen=1\n\t'dummy_ksym' type_id=2",
    "[2] PTR '(anon)' type_id=0",
    "[3] FUNC 'bpf_rcu_read_lock' type_id=1 linkage=global",
    "[4] VAR 'jiffies' type_id=6, linkage=global",
    "[5] DATASEC '.ksyms' size=8 vlen=2\n\ttype_id=7 offset=0 size=4 (VAR 'dummy_ksym')\n\ttype_id=4 offset=4 size=4 (VAR 'jiffies')",
    "[6] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED",
    "[7] VAR 'dummy_ksym' type_id=6, linkage=global",
  ]);
  assert.equal(placeKsyms(extendBtf(sample())), false);
});
