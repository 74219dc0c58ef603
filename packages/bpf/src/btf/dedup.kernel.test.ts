// Matrix: the newest kernel: an algorithm over types.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { cachedFile, fixturePath, kernelTest } from "@ocelli/testkit";

import { formatDiagnostic, type Result } from "../diagnostic.ts";
import { readElf } from "../elf/read.ts";
import { createBtfBuilder } from "./build.ts";
import { printC } from "./c/print.ts";
import { concatBtf, copyTypes } from "./copy.ts";
import { dedupBtf } from "./dedup.ts";
import { readBtf } from "./read.ts";
import type { Btf } from "./types.ts";

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

function btfOf(path: string): Btf {
  const section = value(readElf(readFileSync(path))).sections.find(({ name }) => name === ".BTF");
  assert(section !== undefined);
  return value(readBtf(section.data));
}

function declarations(btf: Btf): string[] {
  return value(printC(btf)).split("\n\n").toSorted();
}

kernelTest(
  "dedupBtf() leaves the types that libbpf's linker leaves",
  { tools: ["clang-19", "bpftool"] },
  () => {
    const parts = [1, 2].map((part) => fixturePath("btf-dedup", { args: [`-DPART=${part}`] }));
    const builder = createBtfBuilder();
    for (const path of parts) concatBtf(builder, btfOf(path));
    const ours = value(readBtf(value(dedupBtf(value(readBtf(builder.write())))).bytes));
    const linked = cachedFile(`btf-dedup-linked-${process.pid}.o`, new Uint8Array());
    execFileSync("bpftool", ["gen", "object", linked, ...parts]);
    const theirs = btfOf(linked);
    assert.deepEqual(declarations(ours), declarations(theirs));
    const counts = (btf: Btf): Record<string, number> => {
      const found: Record<string, number> = {};
      for (let id = 1; id < btf.endId; id += 1) {
        const kind = btf.kindOf(id) ?? "void";
        // The linker joins sections of one name; here they stay apart.
        if (kind !== "datasec") found[kind] = (found[kind] ?? 0) + 1;
      }
      return found;
    };
    assert.deepEqual(counts(ours), counts(theirs));
  },
);

kernelTest("dedupBtf() makes one of two copies of the running kernel's types", {}, (t) => {
  const vmlinux = value(readBtf(readFileSync("/sys/kernel/btf/vmlinux")));
  const slice = createBtfBuilder();
  copyTypes(
    slice,
    vmlinux,
    ["task_struct", "sk_buff"].flatMap((name) => vmlinux.idsByName(name, "struct")),
  );
  const once = value(dedupBtf(value(readBtf(slice.write()))));
  const btf = value(readBtf(once.bytes));
  const builder = createBtfBuilder();
  for (let copy = 0; copy < 2; copy += 1) concatBtf(builder, btf);
  const start = performance.now();
  const again = value(dedupBtf(value(readBtf(builder.write()))));
  t.diagnostic(`${builder.endId} types in ${Math.round(performance.now() - start)} ms`);
  assert(btf.endId > 2000, `only ${btf.endId} types`);
  assert.deepEqual(again.bytes, once.bytes);
});
