import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { CLANG_PACKAGE, fixturePath, kernelTest, PEER_PACKAGES, peerPath } from "@ocelli/testkit";

import { encodeInstructions } from "../asm/encode.ts";
import type { Instruction } from "../asm/instruction.ts";
import { readBtf } from "../btf/read.ts";
import type { Btf } from "../btf/types.ts";
import { formatDiagnostic, type Result } from "../diagnostic.ts";
import { readElf } from "../elf/read.ts";
import { readCollection } from "../object/read.ts";
import { applyCoreRelocations } from "./apply.ts";

const needs = { tools: [CLANG_PACKAGE, ...PEER_PACKAGES] };

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

/** The types in an object file that stands for a kernel, or those of the running kernel. */
function kernelTypes(path?: string): Btf {
  if (path === undefined) return value(readBtf(readFileSync("/sys/kernel/btf/vmlinux")));
  const section = value(readElf(readFileSync(path))).sections.find(({ name }) => name === ".BTF");
  assert.ok(section !== undefined);
  return value(readBtf(section.data));
}

/** Instructions by program as libbpf relocated them; `undefined` when it refused the object. */
function relocatedByLibbpf(object: string, kernel?: string): Map<string, string> | undefined {
  const args = kernel === undefined ? [object] : [object, kernel];
  const peer = spawnSync(peerPath("libbpf-relocate"), args, {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  assert.equal(peer.status, 0, peer.stderr);
  const lines = peer.stdout.split("\n").map((line) => line.split(" "));
  if (lines.some(([word]) => word === "failed")) return undefined;
  return new Map(
    lines.flatMap(([word, name = "", hex = ""]) => (word === "program" ? [[name, hex]] : [])),
  );
}

/**
 * A pattern for what libbpf makes of these instructions: their bytes, with any bytes where a map, a variable or a function
 * is put in later.
 */
function pattern(instructions: readonly Instruction[], littleEndian: boolean): RegExp {
  const slots = instructions.map((instruction) => {
    const { reference, ...plain } = instruction;
    if (reference !== undefined && reference.kind !== "label")
      return instruction.imm2 === undefined ? ".{16}" : ".{32}";
    const bytes = value(encodeInstructions([plain], { littleEndian }));
    return Buffer.from(bytes).toString("hex");
  });
  return new RegExp(slots.join(""));
}

/** Relocates a whole object both ways and names the programs that differ. */
function differences(object: string, kernel?: string): { compared: number; differ: string[] } {
  const collection = value(readCollection(readFileSync(object)));
  assert.ok(collection.btf !== undefined);
  const targets = { kernel: kernelTypes(kernel) };
  const theirs = relocatedByLibbpf(object, kernel);
  assert.ok(theirs !== undefined, `libbpf refused ${object}`);
  const differ: string[] = [];
  for (const { name, instructions } of collection.programs.values()) {
    const ours = value(applyCoreRelocations(instructions, collection.btf, targets));
    const expected = pattern(ours.instructions, collection.littleEndian);
    if ((theirs.get(name) ?? "").search(expected) !== 0) differ.push(name);
  }
  for (const { name, instructions } of collection.functions.values()) {
    const ours = value(applyCoreRelocations(instructions, collection.btf, targets));
    const expected = pattern(ours.instructions, collection.littleEndian);
    // libbpf appends functions to the programs that call them.
    if (![...theirs.values()].some((program) => expected.test(program))) differ.push(name);
  }
  return { compared: collection.programs.size, differ };
}

/**
 * Where Ocelli is different on purpose, in variant 1 of the types:
 * row_load: before libbpf 1.6, which Debian 12 does not have, the row of a matrix and not its element decides about the
 * load's size.
 * widened_cast: `(short)s->narrow` is a load that extends the sign (v4). libbpf makes it wider with its field, and then it reads
 * another number.
 */
const DIFFERENT = {
  v1: ["row_load"],
  v2: ["row_load"],
  v3: ["row_load"],
  v4: ["widened_cast", "row_load"],
};

const CPUS = ["v1", "v2", "v3", "v4"] as const;
for (const cpu of CPUS) {
  kernelTest(`core-local (${cpu}) relocates as by libbpf against other layouts`, needs, () => {
    const object = fixturePath("core-local", { cpu });
    for (const variant of [1, 2, 3, 5]) {
      const kernel = fixturePath("core-target", { args: [`-DVARIANT=${variant}`] });
      assert.deepEqual(
        differences(object, kernel),
        { compared: 20, differ: variant === 1 ? DIFFERENT[cpu] : [] },
        `variant ${variant}`,
      );
    }
  });
}

kernelTest(
  "core-local is ambiguous for libbpf and for Ocelli when flavours disagree",
  needs,
  () => {
    const object = fixturePath("core-local");
    const kernel = fixturePath("core-target", { args: ["-DVARIANT=4"] });
    assert.equal(relocatedByLibbpf(object, kernel), undefined);
    const collection = value(readCollection(readFileSync(object)));
    assert.ok(collection.btf !== undefined);
    const program = collection.programs.get("enums");
    assert.ok(program !== undefined);
    const targets = { kernel: kernelTypes(kernel) };
    const result = applyCoreRelocations(program.instructions, collection.btf, targets);
    assert.deepEqual(
      result.diagnostics.map(({ code, message }) => [code, message.replaceAll(/\(.*?\)/g, "()")]),
      [
        [
          "core-ambiguous",
          "Cannot relocate instruction 0 (), enumval_value of enum color::RED = 1: the kernel's types disagree, [6] enum color::RED = 1 and [8] enum color___two::RED___two = 2",
        ],
      ],
    );
  },
);

kernelTest("core-task relocates as by libbpf against the running kernel", needs, () => {
  assert.deepEqual(differences(fixturePath("core-task")), { compared: 1, differ: [] });
});
