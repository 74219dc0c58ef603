import assert from "node:assert/strict";
import { test } from "node:test";

import { fixture, type FixtureOptions } from "@ocelli/testkit";

import { formatDiagnostic } from "../diagnostic.ts";
import { readCollection } from "./read.ts";
import type { CollectionSpec } from "./spec.ts";

function read(name: string, options?: FixtureOptions): CollectionSpec {
  const result = readCollection(fixture(name, options));
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

const NO_MAP = {
  mapExtra: 0n,
  numaNode: 0,
  pinning: "none",
  keyTypeId: 0,
  entries: [],
  frozen: false,
  tags: [],
};

for (const bigEndian of [false, true]) {
  const order = bigEndian ? "big" : "little";

  test(`readCollection() reads maps, data sections and variables (${order} endian)`, () => {
    const { maps, variables, license, littleEndian, btf } = read("object-basic", { bigEndian });
    assert.deepEqual([license, littleEndian], ["GPL", !bigEndian]);
    const typeName = (id: number | undefined): string => btf?.nameOf(id ?? 0) ?? "";
    const described = [...maps.values()].map(({ keyTypeId, valueTypeId, ...map }) => ({
      map,
      key: typeName(keyTypeId),
      value: typeName(valueTypeId),
    }));
    const { keyTypeId: _, ...rest } = NO_MAP;
    const array = { ...rest, type: "array", keySize: 4, maxEntries: 1 };
    assert.deepEqual(described, [
      {
        map: {
          ...rest,
          name: "counts",
          section: ".maps",
          type: "hash",
          keySize: 4,
          valueSize: 8,
          maxEntries: 64,
          flags: 1,
        },
        key: "__u32",
        value: "__u64",
      },
      {
        map: {
          ...array,
          name: ".rodata",
          section: ".rodata",
          valueSize: 4,
          flags: 0x480,
          frozen: true,
          data: Uint8Array.from(bigEndian ? [0, 0, 0, 3] : [3, 0, 0, 0]),
        },
        key: "",
        value: ".rodata",
      },
      {
        map: {
          ...array,
          name: ".data",
          section: ".data",
          valueSize: 4,
          flags: 0x400,
          data: Uint8Array.from(bigEndian ? [0, 0, 0, 100] : [100, 0, 0, 0]),
        },
        key: "",
        value: ".data",
      },
      {
        map: {
          ...array,
          name: ".bss",
          section: ".bss",
          valueSize: 8,
          flags: 0x400,
          data: new Uint8Array(8),
        },
        key: "",
        value: ".bss",
      },
    ]);
    const listed = [...variables.values()].map(({ typeId, ...variable }) =>
      Object.assign(variable, { type: btf?.type(typeId)?.kind }),
    );
    assert.deepEqual(listed, [
      { name: "step", map: ".rodata", offset: 0, size: 4, readonly: true, type: "const" },
      { name: "limit", map: ".data", offset: 0, size: 4, readonly: false, type: "int" },
      { name: "total", map: ".bss", offset: 0, size: 8, readonly: false, type: "typedef" },
    ]);
  });

  test(`readCollection() sorts functions into programs and what they call (${order} endian)`, () => {
    const { programs, functions, btf } = read("object-calls", { bigEndian });
    const listed = [...programs.values()].map(({ instructions, ...program }) =>
      Object.assign(program, { function: btf?.nameOf(instructions[0]?.functionTypeId ?? 0) }),
    );
    const tc = {
      section: "tc",
      type: "sched_cls",
      attachType: undefined,
      attachTo: "",
      flags: 0,
      license: "GPL",
      kernelVersion: 0,
      autoload: true,
    };
    assert.deepEqual(listed, [
      { ...tc, name: "first", function: "first" },
      { ...tc, name: "second", function: "second" },
      { ...tc, name: "third", function: "third", section: "?tc", autoload: false },
    ]);
    const called = [...functions.values()].map(({ name, section, linkage, instructions }) => {
      const type = btf?.type(instructions[0]?.functionTypeId ?? 0);
      return { name, section, linkage, btf: type?.kind === "func" ? type.linkage : undefined };
    });
    assert.deepEqual(called, [
      { name: "middle", section: ".text", linkage: "global", btf: "global" },
      { name: "leaf", section: ".text", linkage: "static", btf: "static" },
      { name: "replaceable", section: ".text", linkage: "weak", btf: "global" },
      { name: "hidden", section: ".text", linkage: "static", btf: "static" },
      { name: "each", section: ".text", linkage: "static", btf: "static" },
      { name: "elsewhere", section: "helpers", linkage: "global", btf: "global" },
    ]);
  });
}

test("readCollection() attaches source lines, types and references to instructions", () => {
  const { programs } = read("object-basic");
  const [first, , , , load, call] = programs.get("count")?.instructions ?? [];
  const file = "./test/fixtures/object-basic.bpf.c";
  assert.deepEqual(
    [first, load, call].map((instruction) => Object.assign({}, instruction, { functionTypeId: 0 })),
    [
      {
        opcode: 0x18,
        dst: 2,
        src: 2,
        offset: 0,
        imm: 0,
        imm2: 0,
        symbol: "count",
        functionTypeId: 0,
        reference: { kind: "map-value", name: ".bss", offset: 0 },
        source: { file, line: 31, column: 8, text: "\ttotal += 1;" },
      },
      {
        opcode: 0x61,
        dst: 1,
        src: 1,
        offset: 12,
        imm: 0,
        functionTypeId: 0,
        source: {
          file,
          line: 32,
          column: 19,
          text: "\treturn bump(ctx->ingress_ifindex) ? XDP_PASS : XDP_DROP;",
        },
      },
      {
        opcode: 0x85,
        dst: 0,
        src: 1,
        offset: 0,
        imm: -1,
        functionTypeId: 0,
        reference: { kind: "function", name: "bump" },
        source: {
          file,
          line: 32,
          column: 9,
          text: "\treturn bump(ctx->ingress_ifindex) ? XDP_PASS : XDP_DROP;",
        },
      },
    ],
  );
});
