import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { embeddedObjects, kernelTest } from "@ocelli/testkit";

import { encodeInstructions } from "../asm/encode.ts";
import { formatDiagnostic, type Result } from "../diagnostic.ts";
import { linkProgram } from "./link.ts";
import { readCollection } from "./read.ts";
import { writeCollection } from "./write.ts";

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
  "readCollection() reads every object inside the tools of libbpf, links all programs, and reads alike what it writes",
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
        const written = writeCollection(collection.value);
        complaints.push(...complaintsOf(written, `${path} written`));
        const again = written.ok ? readCollection(written.value) : written;
        complaints.push(...complaintsOf(again, `${path} read again`));
        // Types grow when maps are written anew.
        if (again.ok)
          assert.deepEqual({ ...again.value, btf: 0 }, { ...collection.value, btf: 0 }, path);
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
