import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { kernelTest } from "@ocelli/testkit";

import { formatDiagnostic } from "../diagnostic.ts";
import { typeToJson } from "./json.ts";
import { printRawType } from "./print-raw.ts";
import { readBtf } from "./read.ts";
import type { Btf } from "./types.ts";

const VMLINUX = "/sys/kernel/btf/vmlinux";

function vmlinux(): Btf {
  const result = readBtf(readFileSync(VMLINUX));
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

interface Listed {
  readonly id: number;
  readonly kind: string;
  readonly values?: { val: number | string }[];
}

function bpftool(...args: string[]): string {
  return execFileSync("bpftool", args, { encoding: "utf8", maxBuffer: 2 ** 28 });
}

kernelTest(
  "the running kernel's BTF lists as bpftool lists it, type for type",
  { tools: ["bpftool"] },
  () => {
    const btf = vmlinux();
    const expected = bpftool("btf", "dump", "file", VMLINUX)
      .trimEnd()
      .split(/\n(?=\[)/);
    const listed = Array.from({ length: btf.endId - 1 }, (_, i) => printRawType(btf, i + 1));
    assert.equal(listed.length, expected.length);
    const different = listed.findIndex((text, i) => text !== expected[i]);
    assert.deepEqual(listed[different], expected[different]);
  },
);

kernelTest("the running kernel's BTF is in JSON what bpftool gives", { tools: ["bpftool"] }, () => {
  const btf = vmlinux();
  const text = bpftool("-j", "btf", "dump", "file", VMLINUX);
  // Digits that a double cannot hold stay digits, as in ours. bpftool 7.1 extends the sign of unsigned 32-bit values.
  const exact = text.replaceAll(/"val":(-?\d{17,})/g, '"val":"$1"');
  const { types } = JSON.parse(exact) as { types: Listed[] };
  for (const { kind, values } of types) {
    for (const each of kind === "ENUM" ? (values ?? []) : []) {
      if (typeof each.val === "string") each.val = Number(BigInt.asUintN(32, BigInt(each.val)));
    }
  }
  assert.equal(types.length, btf.endId - 1);
  const different = types.find(
    (type) => JSON.stringify(typeToJson(btf, type.id)) !== JSON.stringify(type),
  );
  if (different !== undefined) assert.deepEqual(typeToJson(btf, different.id), different);
});

kernelTest(
  "idsByName() finds in the running kernel's BTF what reading every type finds",
  {},
  () => {
    const btf = vmlinux();
    for (const name of [
      "task_struct",
      "sk_buff",
      "file",
      "int",
      "pid_t",
      "no_such_type",
      "task_struct",
    ]) {
      const expected: number[] = [];
      for (let id = 1; id < btf.endId; id += 1) if (btf.nameOf(id) === name) expected.push(id);
      assert.deepEqual(btf.idsByName(name), expected, name);
    }
  },
);
