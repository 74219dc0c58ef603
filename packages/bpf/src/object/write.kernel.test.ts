import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { cachedFile, fixture, kernelTest } from "@ocelli/testkit";

import { formatDiagnostic, type Result } from "../diagnostic.ts";
import { readCollection } from "./read.ts";
import { writeCollection } from "./write.ts";

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

/** Loads and pins every program of an object with libbpf, on a BPF file system of its own; returns their names. */
function loadAll(path: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), "ocelli-write-"));
  execFileSync("mount", ["-t", "bpf", "bpf", folder]);
  try {
    const load = spawnSync("bpftool", ["prog", "loadall", path, join(folder, "programs")], {
      encoding: "utf8",
    });
    assert.equal(load.status, 0, load.stderr);
    return readdirSync(join(folder, "programs")).toSorted();
  } finally {
    execFileSync("umount", [folder]);
    rmSync(folder, { recursive: true });
  }
}

for (const { name, args, programs } of [
  { name: "object-basic", args: [], programs: ["count"] },
  { name: "object-calls", args: ["-DONE_TEXT"], programs: ["first", "second"] },
  { name: "object-data", args: ["-DSOCKET"], programs: ["entry"] },
]) {
  kernelTest(
    `libbpf loads what writeCollection() wrote, and LLVM reads it without a remark: ${name}`,
    { needs: ["bpf_loop"], tools: ["bpftool", "clang-19", "llvm-19"] },
    () => {
      const collection = valueOf(readCollection(fixture(name, { args })));
      // bpftool cannot pin what is not loaded by itself.
      collection.programs.delete("third");
      const path = cachedFile(`written-${name}.o`, valueOf(writeCollection(collection)));
      const dump = spawnSync("llvm-readelf-19", ["--all", path], { encoding: "utf8" });
      assert.equal(dump.stderr, "");
      const listing = spawnSync("llvm-objdump-19", ["-dr", path], { encoding: "utf8" });
      assert.equal(listing.stderr, "");
      assert.deepEqual(loadAll(path), programs);
    },
  );
}

for (const bigEndian of [false, true]) {
  kernelTest(
    `LLVM disassembles a written ${bigEndian ? "big" : "little"}-endian object as it does clang's`,
    { tools: ["clang-19", "llvm-19"] },
    () => {
      const disassemble = (bytes: Uint8Array): string[] => {
        const path = cachedFile(`disassembled-${bigEndian ? "eb" : "el"}.o`, bytes);
        const text = execFileSync("llvm-objdump-19", ["-d", "--no-show-raw-insn", path], {
          encoding: "utf8",
        });
        // Names and places are the same; only the addends of calls and loads are written differently.
        return text
          .split("\n")
          .filter((line) => !/\bcall\b| = 0x[\da-f]+ ll|file format/.test(line))
          .map((line) =>
            line
              .replace(/^\s*\d+:/, "")
              .replace(/<[^>]*>/g, "")
              .trim(),
          )
          .filter((line) => line !== "");
      };
      const clang = fixture("object-calls", { bigEndian });
      const written = valueOf(writeCollection(valueOf(readCollection(clang))));
      assert.deepEqual(disassemble(written).toSorted(), disassemble(clang).toSorted());
    },
  );
}
