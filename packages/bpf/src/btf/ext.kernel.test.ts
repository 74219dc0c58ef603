import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { fixture, kernelTest } from "@ocelli/testkit";

import { formatDiagnostic, type Result } from "../diagnostic.ts";
import { readElf } from "../elf/read.ts";
import { extendBtf } from "./build.ts";
import { readBtfExt, type BtfExt } from "./ext.ts";
import { readBtf } from "./read.ts";
import type { Btf } from "./types.ts";
import { writeBtfExt } from "./write-ext.ts";

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

function load(name: string, bigEndian: boolean): { btf: Btf; ext: BtfExt } {
  const { sections } = value(readElf(fixture(name, { bigEndian })));
  const dataOf = (wanted: string): Uint8Array =>
    sections.find((section) => section.name === wanted)?.data ?? new Uint8Array();
  const btf = value(readBtf(dataOf(".BTF")));
  return { btf, ext: value(readBtfExt(dataOf(".BTF.ext"), btf)) };
}

for (const bigEndian of [false, true]) {
  const order = bigEndian ? "big-endian" : "little-endian";

  kernelTest(
    `readBtfExt() gives the lines of the ${order} source as they stand there`,
    { tools: ["clang-19"] },
    () => {
      const { ext } = load("btf-kinds", bigEndian);
      const path = join(import.meta.dirname, "../../../../test/fixtures/btf-kinds.bpf.c");
      const source = readFileSync(path, "utf8").split("\n");
      let count = 0;
      for (const lines of ext.lines.values()) {
        for (const { file, line, text } of lines.values()) {
          assert.match(file, /btf-kinds\.bpf\.c$/);
          assert.equal(text, source[line - 1]);
          count += 1;
        }
      }
      assert(count > 5, `only ${count} lines`);
    },
  );

  kernelTest(
    `readBtfExt() names the functions of each section of a ${order} object`,
    { tools: ["clang-19"] },
    () => {
      const { btf, ext } = load("btf-kinds", bigEndian);
      const found = [...ext.functions].map(([section, functions]) => [
        section,
        [...functions.values()].map((id) => btf.nameOf(id)),
      ]);
      assert.deepEqual(found, [
        [".text", ["visible", "local"]],
        ["syscall", ["main_program"]],
      ]);
    },
  );

  kernelTest(
    `writeBtfExt() writes what clang says about a ${order} object, to read the same again`,
    { tools: ["clang-19"] },
    () => {
      const { btf, ext } = load("btf-kinds", bigEndian);
      const builder = extendBtf(btf);
      const bytes = writeBtfExt(ext, builder);
      assert.deepEqual(value(readBtfExt(bytes, value(readBtf(builder.write())))), ext);
    },
  );
}
