import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { cachedFile, fixturePath, kernelTest } from "@ocelli/testkit";

import { encodeInstructions } from "../asm/encode.ts";
import { formatDiagnostic, type Result } from "../diagnostic.ts";
import { linkProgram } from "./link.ts";
import { readCollection } from "./read.ts";

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

kernelTest(
  "readCollection() reads objects that bpftool linked from several files",
  { tools: ["bpftool", "clang-19"] },
  () => {
    const parts = ["-DPART=1", "-DPART=2"].map((part) =>
      fixturePath("object-linked", { args: [part] }),
    );
    const path = cachedFile("object-linked.o", new Uint8Array());
    execFileSync("bpftool", ["gen", "object", path, ...parts]);
    const collection = valueOf(readCollection(readFileSync(path)));
    assert.deepEqual([...collection.maps.keys()].toSorted(), [".data", "counts"]);
    assert.deepEqual([...collection.programs.keys()].toSorted(), ["entry1", "entry2"]);
    const functions = [...collection.functions.values()].map(
      ({ name, linkage }) => `${name} ${linkage}`,
    );
    assert.deepEqual(functions.toSorted(), [
      "answer global",
      "chosen global",
      "helper static",
      "helper.1 static",
    ]);
    const reached = [...collection.programs.values()].map((program) => {
      const linked = valueOf(linkProgram(collection, program));
      valueOf(encodeInstructions(linked));
      return linked.flatMap(({ symbol }) => (symbol === undefined ? [] : [symbol]));
    });
    assert.deepEqual(reached, [
      ["entry1", "chosen", "helper", "answer", "helper.1"],
      ["entry2", "chosen", "helper.1"],
    ]);
    // The strong definition adds 200, the weak one 100.
    const chosen = collection.functions.get("chosen")?.instructions.map(({ imm }) => imm);
    assert.ok(chosen?.includes(200) === true && !chosen.includes(100));
    assert.deepEqual(collection.variables.get("shared"), {
      name: "shared",
      map: ".data",
      offset: 0,
      size: 4,
      typeId: collection.variables.get("shared")?.typeId,
      readonly: false,
    });
  },
);
