import assert from "node:assert/strict";
import { test } from "node:test";

import * as fc from "fast-check";

import { createBtfBuilder } from "./build.ts";
import { readBtf } from "./read.ts";
import type { BtfType } from "./types.ts";

const named = fc.record({
  name: fc.string({ maxLength: 13, unit: fc.constantFrom("a", "b", "_", "é") }),
  kind: fc.constantFrom("func", "float", "fwd"),
});

function make({ name, kind }: { name: string; kind: string }): BtfType {
  if (kind === "func") return { kind: "func", name, typeId: 1, linkage: "global" };
  if (kind === "float") return { kind: "float", name, size: 8 };
  return { kind: "fwd", name, target: "struct" };
}

test("idsByName() finds what a search through all types finds, functions and others", () => {
  fc.assert(
    fc.property(fc.array(named, { minLength: 1, maxLength: 20 }), (wanted) => {
      const builder = createBtfBuilder();
      builder.add({ kind: "func_proto", returnTypeId: 0, parameters: [] });
      for (const each of wanted) builder.add(make(each));
      const built = readBtf(builder.write());
      assert.ok(built.ok);
      const btf = built.value;
      const ids = Array.from({ length: btf.endId - 1 }, (_, index) => index + 1);
      for (const { name, kind } of wanted.filter((each) => each.name !== "")) {
        const all = ids.filter((id) => btf.nameOf(id) === name);
        assert.deepEqual(btf.idsByName(name), all);
        assert.deepEqual(
          btf.idsByName(name, kind === "func" ? "func" : "float"),
          all.filter((id) => btf.kindOf(id) === (kind === "func" ? "func" : "float")),
        );
      }
      assert.deepEqual(btf.idsByName("absent"), []);
    }),
  );
});
