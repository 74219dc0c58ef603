// CO-RE relocations at load, against given types and against the object's own.
import assert from "node:assert/strict";

import { readCollection, type Btf } from "@ocelli/bpf";
import { fixture, kernelTest } from "@ocelli/testkit";

import { loadInVm } from "./load.ts";

function typesOf(variant: number): Btf {
  const target = readCollection(fixture("core-target", { args: [`-DVARIANT=${variant}`] }));
  assert.ok(target.ok && target.value.btf !== undefined);
  return target.value.btf;
}

kernelTest(
  "loadInVm() relocates against given types, and against the object's own without them",
  { tools: ["clang-19"] },
  () => {
    const spec = readCollection(fixture("core-local"));
    assert.ok(spec.ok);
    const name = "enums";
    // RED + DARK + HUGE_HIGH + DEEP_LOW: of core-local.bpf.c, and of the first variant of core-target.bpf.c.
    const own = 1n - 5n + 0xfedc_ba98_7654_3210n - 0x7000_0000_0000_0000n;
    const given = 7n - 50n + 0xfedc_ba98_7654_3211n - 0x6000_0000_0000_0000n;
    for (const engine of ["interpreter", "jit"] as const) {
      const plain = loadInVm(spec.value, { engine, programs: [name] }).programs.get(name);
      plain?.run();
      assert.equal(plain?.result(), BigInt.asUintN(64, own));
      const types = { kernel: typesOf(1) };
      const fitted = loadInVm(spec.value, { engine, programs: [name], types }).programs.get(name);
      fitted?.run();
      assert.equal(fitted?.result(), BigInt.asUintN(64, given));
    }
  },
);
