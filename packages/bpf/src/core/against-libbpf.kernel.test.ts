import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";

import {
  cachedFile,
  CLANG_PACKAGE,
  embeddedObjects,
  fixturePath,
  kernelTest,
  PEER_PACKAGES,
  peerPath,
} from "@ocelli/testkit";

import { encodeInstructions } from "../asm/encode.ts";
import type { Instruction } from "../asm/instruction.ts";
import { readBtf } from "../btf/read.ts";
import type { Btf } from "../btf/types.ts";
import { formatDiagnostic, type Result } from "../diagnostic.ts";
import { readElf } from "../elf/read.ts";
import { linkProgram } from "../object/link.ts";
import { readCollection } from "../object/read.ts";
import { applyCoreRelocations } from "./apply.ts";
import type { CoreTargets } from "./candidates.ts";

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
 * A pattern for what libbpf makes of a linked program: its bytes, with any bytes where a map, a variable or a kernel symbol
 * is put in.
 */
function pattern(instructions: readonly Instruction[], littleEndian: boolean): RegExp {
  const bytes = value(encodeInstructions(instructions, { littleEndian }));
  const hex = Buffer.from(bytes).toString("hex");
  let at = 0;
  const parts = instructions.map(({ reference, imm2 }) => {
    const width = imm2 === undefined ? 16 : 32;
    at += width;
    const isPlaced = reference !== undefined && !["label", "function"].includes(reference.kind);
    return isPlaced ? `.{${width}}` : hex.slice(at - width, at);
  });
  return new RegExp(`^${parts.join("")}$`);
}

/** Relocates and links a whole object both ways, and names the programs that differ. */
function differences(
  object: string,
  kernel?: string,
  targets: CoreTargets = { kernel: kernelTypes(kernel) },
): { compared: number; differ: string[] } {
  const collection = value(readCollection(readFileSync(object)));
  assert.ok(collection.btf !== undefined);
  const theirs = relocatedByLibbpf(object, kernel);
  assert.ok(theirs !== undefined, `libbpf refused ${object}`);
  const differ: string[] = [];
  for (const program of collection.programs.values()) {
    const linked = value(linkProgram(collection, program));
    const ours = value(applyCoreRelocations(linked, collection.btf, targets));
    const expected = pattern(ours.instructions, collection.littleEndian);
    if (!expected.test(theirs.get(program.name) ?? "")) differ.push(program.name);
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

const tools = [...PEER_PACKAGES, "libbpf-tools"];
kernelTest("every object in Debian's libbpf-tools relocates as by libbpf", { tools }, () => {
  const list = readFileSync("/var/lib/dpkg/info/libbpf-tools.list", "utf8").split("\n");
  const programs = new Set(
    list.filter((path) => path.includes("bin/")).map((path) => realpathSync(path)),
  );
  const targets = { kernel: kernelTypes() };
  let objects = 0;
  let compared = 0;
  const differ: string[] = [];
  for (const path of programs) {
    for (const { offset, bytes } of embeddedObjects(path)) {
      const name = `${path.replaceAll("/", "-").slice(1)}-${offset}.o`;
      const result = differences(cachedFile(name, bytes), undefined, targets);
      objects += 1;
      compared += result.compared;
      differ.push(...result.differ.map((program) => `${path}: ${program}`));
    }
  }
  assert.deepEqual(differ, []);
  assert.ok(objects >= 30 && compared >= 100, `${objects} objects with ${compared} programs`);
});
