import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { embeddedObjects, kernelTest } from "@ocelli/testkit";

import { encodeInstructions } from "../asm/encode.ts";
import { formatDiagnostic, type Result } from "../diagnostic.ts";
import { linkProgram } from "./link.ts";
import { readCollection } from "./read.ts";

function programsOf(debianPackage: string): string[] {
  const files = execFileSync("dpkg-query", ["-L", debianPackage], { encoding: "utf8" });
  return files
    .split("\n")
    .filter((path) => /^\/usr\/s?bin\//.test(path))
    .filter((path) => readFileSync(path).subarray(1, 4).toString() === "ELF");
}

function complaintsOf(result: Result<unknown>, about: string): string[] {
  return result.diagnostics.map((diagnostic) => `${about}: ${formatDiagnostic(diagnostic)}`);
}

kernelTest(
  "readCollection() reads every object inside the tools of libbpf, and links all programs",
  { tools: ["libbpf-tools"] },
  () => {
    const complaints: string[] = [];
    const empty: string[] = [];
    let programs = 0;
    for (const path of programsOf("libbpf-tools")) {
      const objects = embeddedObjects(path);
      if (objects.length === 0) empty.push(path);
      for (const { offset, bytes } of objects) {
        const collection = readCollection(bytes);
        complaints.push(...complaintsOf(collection, `${path}+${offset}`));
        if (!collection.ok) continue;
        for (const program of collection.value.programs.values()) {
          programs += 1;
          const linked = linkProgram(collection.value, program);
          complaints.push(...complaintsOf(linked, `${path}: ${program.name}`));
          if (!linked.ok) continue;
          complaints.push(...complaintsOf(encodeInstructions(linked.value), program.name));
        }
      }
    }
    assert.deepEqual(complaints, []);
    assert.deepEqual(empty, []);
    assert.ok(programs > 300, `${programs} programs`);
  },
);
