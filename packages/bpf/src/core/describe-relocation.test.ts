import assert from "node:assert/strict";
import { test } from "node:test";

import { createBtfBuilder } from "../btf/build.ts";
import { readBtf } from "../btf/read.ts";
import { relocationDescriber } from "./describe-relocation.ts";

test("relocationDescriber() names field, type and enumerator, and says what it cannot name", () => {
  const builder = createBtfBuilder();
  builder.add({ kind: "int", name: "int", size: 4, bits: 32, offsetBits: 0, encoding: "signed" });
  const member = { typeId: 1, bitfieldBits: 0 };
  builder.add({
    kind: "struct",
    name: "p",
    size: 8,
    members: [
      { ...member, name: "x", offsetBits: 0 },
      { ...member, name: "y", offsetBits: 32 },
    ],
  });
  builder.add({
    kind: "enum",
    name: "color",
    size: 4,
    signed: false,
    values: [{ name: "RED", value: 7 }],
  });
  const btf = readBtf(builder.write());
  assert.ok(btf.ok);
  const describe = relocationDescriber(btf.value);
  assert.deepEqual(
    [
      describe({ kind: "field_byte_offset", typeId: 2, accessor: "0:1" }),
      describe({ kind: "type_exists", typeId: 2, accessor: "0" }),
      describe({ kind: "enumval_value", typeId: 3, accessor: "0" }),
      describe({ kind: "field_exists", typeId: 2, accessor: "0:9" }),
    ],
    [
      "CO-RE <field_byte_offset> struct p.y (0:1 @ offset 4)",
      "CO-RE <type_exists> struct p",
      "CO-RE <enumval_value> enum color::RED = 7",
      'CO-RE <field_exists> [2] (0:9): index 9 at level 1 is out of range: "struct p" has 2 members',
    ],
  );
});
