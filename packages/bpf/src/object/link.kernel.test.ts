import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

import { fixturePath, fixture, kernelTest } from "@ocelli/testkit";

import { encodeInstructions } from "../asm/encode.ts";
import type { Instruction } from "../asm/instruction.ts";
import { formatDiagnostic, type Result } from "../diagnostic.ts";
import { linkProgram } from "./link.ts";
import { readCollection } from "./read.ts";

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

/** The data of a loader program that bpftool generates: libbpf's instructions after relocation are in it. */
function loaderData(path: string): Buffer {
  const source = execFileSync("bpftool", ["gen", "skeleton", "-L", path, "name", "peer"], {
    encoding: "utf8",
  });
  // opts.data = (void *)"\⏎\0\x64…";  with \0 and \xNN for bytes, and a backslash before each line break
  const [, literal = ""] = /opts\.data = \(void \*\)"([^"]*)"/.exec(source) ?? [];
  const bytes = literal.matchAll(/\\(?:x([\da-f]{2})|0)/g);
  return Buffer.from(Array.from(bytes, ([, hex]) => Number.parseInt(hex ?? "0", 16)));
}

/** Map references as libbpf writes them for a loader: lddw source 5 or 6 and the map's number. */
function withMapNumbers(instruction: Instruction, maps: readonly string[]): Instruction {
  const { reference } = instruction;
  if (reference?.kind === "map")
    return { ...instruction, src: 5, imm: maps.indexOf(reference.name) };
  if (reference?.kind === "map-value")
    return { ...instruction, src: 6, imm: maps.indexOf(reference.name), imm2: reference.offset };
  return instruction;
}

for (const [name, args] of [
  ["object-basic", []],
  ["object-calls", ["-DONE_TEXT"]],
] as const) {
  kernelTest(
    `linkProgram() and encodeInstructions() give libbpf's bytes for every program of ${name}`,
    { tools: ["bpftool", "clang-19"] },
    () => {
      const collection = valueOf(readCollection(fixture(name, { args })));
      const data = loaderData(fixturePath(name, { args }));
      const maps = [...collection.maps.keys()];
      const found = [...collection.programs.values()]
        .filter(({ autoload }) => autoload)
        .map((program) => {
          const linked = valueOf(linkProgram(collection, program));
          const numbered = linked.map((instruction) => withMapNumbers(instruction, maps));
          const bytes = valueOf(encodeInstructions(numbered));
          return { program: program.name, found: data.indexOf(bytes) !== -1 };
        });
      assert.deepEqual(
        found,
        found.map(({ program }) => ({ program, found: true })),
      );
      assert.notEqual(found.length, 0);
    },
  );
}
