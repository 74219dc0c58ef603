import assert from "node:assert/strict";
import { test } from "node:test";

import { fixture, type FixtureOptions } from "@ocelli/testkit";

import type { Reference } from "../asm/instruction.ts";
import { formatDiagnostic } from "../diagnostic.ts";
import { emptyMap } from "./map-spec.ts";
import { readCollection } from "./read.ts";
import type { CollectionSpec, MapSpec } from "./spec.ts";

function read(name: string, options?: FixtureOptions): CollectionSpec {
  const result = readCollection(fixture(name, options));
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

function complaints(name: string, args: readonly string[]): string[] {
  return readCollection(fixture(name, { args })).diagnostics.map(formatDiagnostic);
}

/** What differs from an empty map, with type ids as names. */
function outline({ btf }: CollectionSpec, map: MapSpec): object {
  const plain: object = emptyMap("", ".maps");
  const said = Object.entries(map).filter(
    ([key, value]) =>
      JSON.stringify(String(value)) !== JSON.stringify(String(Reflect.get(plain, key))),
  );
  const named = said.map(([key, value]): [string, unknown] => {
    if (typeof value === "number" && key.endsWith("TypeId"))
      return [key.replace("TypeId", ""), btf?.nameOf(value)];
    return [key, value];
  });
  const shown = Object.fromEntries(named);
  if (map.inner !== undefined)
    Object.assign(shown, { inner: outline({ btf } as CollectionSpec, map.inner) });
  return shown;
}

function outlines(collection: CollectionSpec): object[] {
  return [...collection.maps.values()].map((map) => outline(collection, map));
}

function references(collection: CollectionSpec, program: string): Reference[] {
  const { instructions = [] } = collection.programs.get(program) ?? {};
  return instructions.flatMap(({ reference }) => (reference === undefined ? [] : [reference]));
}

for (const bigEndian of [false, true]) {
  const order = bigEndian ? "big endian" : "little endian";

  test(`readCollection() reads every form of map definition (${order})`, () => {
    const inner = {
      type: "array",
      keySize: 4,
      valueSize: 8,
      maxEntries: 1,
      key: "__u32",
      value: "__u64",
    };
    const collection = read("object-maps", { bigEndian });
    assert.deepEqual(outlines(collection), [
      { name: "left", ...inner },
      { name: "right", ...inner },
      {
        name: "named",
        type: "array_of_maps",
        keySize: 4,
        valueSize: 4,
        maxEntries: 4,
        key: "__u32",
        entries: [
          { key: 0, map: "left" },
          { key: 3, map: "right" },
        ],
        inner: { name: "named.inner", ...inner },
      },
      {
        name: "jumps",
        type: "prog_array",
        keySize: 4,
        valueSize: 4,
        maxEntries: 3,
        entries: [{ key: 1, program: "tail" }],
      },
      {
        name: "typed",
        type: "array",
        keySize: 4,
        valueSize: 8,
        maxEntries: 2,
        key: "__u32",
        value: "pair",
        tags: ["first", "second"],
      },
      {
        name: "sized",
        type: "hash",
        keySize: 6,
        valueSize: 10,
        maxEntries: 8,
        flags: 4,
        numaNode: 1,
        pinning: "by-name",
      },
      {
        name: "bloom",
        type: "bloom_filter",
        valueSize: 4,
        maxEntries: 100,
        mapExtra: 3n,
        value: "__u32",
      },
      { name: "arena", type: "arena", maxEntries: 10, flags: 0x400, mapExtra: 0x1000_0000_0000n },
      {
        name: "anonymous",
        type: "hash_of_maps",
        keySize: 4,
        valueSize: 4,
        maxEntries: 4,
        key: "__u32",
        inner: { name: "anonymous.inner", type: "hash", keySize: 4, valueSize: 4, maxEntries: 7 },
      },
    ]);
    assert.deepEqual(references(collection, "entry"), [
      { kind: "map", name: "jumps" },
      { kind: "map", name: "typed" },
    ]);
  });

  for (const args of [[], ["-DTAIL=0"], ["-g0"]]) {
    test(`readCollection() reads the maps section of old libbpf (${order}, ${args.join("") || "plain"})`, () => {
      const collection = read("object-legacy", { bigEndian, args });
      assert.deepEqual(outlines(collection), [
        {
          name: "counts",
          section: "maps",
          type: "hash",
          keySize: 4,
          valueSize: 8,
          maxEntries: 16,
          flags: 1,
        },
        { name: "slots", section: "maps", type: "array", keySize: 4, valueSize: 4, maxEntries: 2 },
      ]);
      assert.deepEqual(references(collection, "entry"), [{ kind: "map", name: "slots" }]);
      assert.equal(collection.programs.get("entry")?.kernelVersion, 0x60c00);
    });
  }

  test(`readCollection() reads iproute2's maps with inner maps and tail calls (${order})`, () => {
    const inner = { type: "array", keySize: 4, valueSize: 8, maxEntries: 1 };
    assert.deepEqual(outlines(read("object-legacy", { bigEndian, args: ["-DIPROUTE2"] })), [
      { name: "inner", section: "maps", ...inner },
      {
        name: "outer",
        section: "maps",
        type: "array_of_maps",
        keySize: 4,
        valueSize: 4,
        maxEntries: 3,
        inner: { name: "outer.inner", section: "maps", ...inner },
        entries: [{ key: 2, map: "inner" }],
      },
      {
        name: "jumps",
        section: "maps",
        type: "prog_array",
        keySize: 4,
        valueSize: 4,
        maxEntries: 3,
        pinning: "by-name",
        entries: [{ key: 2, program: "tail" }],
      },
    ]);
  });

  test(`readCollection() reads what the object wants from the kernel (${order})`, () => {
    const collection = read("object-externs", { bigEndian });
    const value = { weak: true, signed: false };
    assert.deepEqual(
      [...collection.kconfig.values()],
      [
        { ...value, name: "CONFIG_HZ", kind: "int", size: 8, offset: 0 },
        { ...value, name: "CONFIG_VETH", kind: "tristate", size: 4, offset: 8 },
        {
          ...value,
          name: "LINUX_KERNEL_VERSION",
          kind: "int",
          size: 4,
          offset: 12,
          signed: true,
          weak: false,
        },
        { ...value, name: "CONFIG_BPF_SYSCALL", kind: "bool", size: 1, offset: 16, weak: false },
        { ...value, name: "CONFIG_LETTER", kind: "char", size: 1, offset: 17, signed: true },
        { ...value, name: "CONFIG_DEFAULT_HOSTNAME", kind: "char-array", size: 12, offset: 18 },
      ],
    );
    const found = references(collection, "entry")
      .filter(({ kind }) => kind === "ksym" || kind === "kfunc")
      .map((reference) => {
        const id = "typeId" in reference ? reference.typeId : 0;
        return Object.assign({}, reference, { typeId: collection.btf?.kindOf(id) });
      });
    assert.deepEqual(found, [
      { kind: "ksym", name: "no_such_symbol", typeId: "var", weak: true },
      { kind: "ksym", name: "bpf_link_fops", typeId: "var", weak: false },
      { kind: "ksym", name: "bpf_prog_active", typeId: "var", weak: false },
      { kind: "kfunc", name: "bpf_task_acquire", typeId: "func", weak: false },
      { kind: "ksym", name: "no_such_function", typeId: "func", weak: true },
      { kind: "kfunc", name: "no_such_function", typeId: "func", weak: true },
    ]);
    const { section: _, ...kconfig } = emptyMap(".kconfig", "");
    assert.deepEqual(collection.maps.get(".kconfig"), {
      ...kconfig,
      section: ".kconfig",
      type: "array",
      keySize: 4,
      valueSize: 30,
      maxEntries: 1,
      flags: 0x480,
      valueTypeId: collection.btf?.idsByName(".kconfig", "datasec")[0],
      data: new Uint8Array(30),
      frozen: true,
    });
  });

  test(`readCollection() reads data sections with suffixes and all their variables (${order})`, () => {
    const collection = read("object-data", { bigEndian });
    const maps = [...collection.maps.values()].map(
      ({ name, flags, frozen, data }) =>
        `${name} ${data?.length} 0x${flags.toString(16)}${frozen ? " frozen" : ""}`,
    );
    assert.deepEqual(maps, [
      ".data.text 4096 0x400",
      ".rodata.net 2 0x480 frozen",
      ".data 12 0x400",
      ".rodata 30 0x80 frozen",
      ".bss.scratch 4096 0x400",
    ]);
    const variables = [...collection.variables.values()].map(
      ({ name, map, offset, size, readonly }) =>
        `${name} ${map}+${offset} ${size}${readonly ? " readonly" : ""}`,
    );
    assert.deepEqual(variables, [
      "text .data.text+0 4096",
      "port .rodata.net+0 2 readonly",
      "hidden .data+0 4",
      "replaceable .data+4 4",
      "local .data+8 4",
      "names .rodata+0 16 readonly",
      "entry.____fmt .rodata+16 14 readonly",
      "scratch .bss.scratch+0 4096",
    ]);
    const section = collection.btf?.type(collection.maps.get(".data")?.valueTypeId ?? 0);
    assert.ok(section?.kind === "datasec" && collection.btf !== undefined);
    const { btf } = collection;
    const listed = section.variables.map(({ typeId, offset, size }) => {
      const type = btf.type(typeId);
      return `${btf.nameOf(typeId)} ${offset} ${size} ${type?.kind === "var" ? type.linkage : ""}`;
    });
    assert.deepEqual(
      [section.size, ...listed],
      [12, "hidden 0 4 static", "replaceable 4 4 global", "local 8 4 static"],
    );
  });

  test(`readCollection() reads struct_ops and leaves programs out that none of them names (${order})`, () => {
    const { maps, programs } = read("object-struct-ops", { bigEndian });
    const value = (flags: number, name: string): Uint8Array => {
      const bytes = new Uint8Array(48);
      bytes[bigEndian ? 19 : 16] = flags;
      bytes.set(new TextEncoder().encode(name), 32);
      return bytes;
    };
    const found = [...maps.values()].map(
      ({ name, section, flags, valueSize, data, structOps }) => ({
        name,
        section,
        flags,
        valueSize,
        data,
        structOps,
      }),
    );
    const both = { valueSize: 48 };
    const typeName = "tcp_congestion_ops";
    const ssthresh = { member: "ssthresh", program: "ssthresh" };
    const undo = { member: "undo_cwnd", program: "undo_cwnd" };
    assert.deepEqual(found, [
      {
        ...both,
        name: "plain",
        section: ".struct_ops",
        flags: 0,
        data: value(1, "ocelli_plain"),
        structOps: { typeName, functions: [ssthresh, undo], link: false, autocreate: true },
      },
      {
        ...both,
        name: "linked",
        section: ".struct_ops.link",
        flags: 0x2000,
        data: value(0, "ocelli_linked"),
        structOps: { typeName, functions: [ssthresh], link: true, autocreate: true },
      },
      {
        ...both,
        name: "optional",
        section: "?.struct_ops",
        flags: 0,
        data: value(0, "ocelli_optional"),
        structOps: { typeName, functions: [undo], link: false, autocreate: false },
      },
    ]);
    assert.deepEqual(
      [...programs.values()].map(({ name, attachTo, flags, autoload }) => [
        name,
        attachTo,
        flags,
        autoload,
      ]),
      [
        ["ssthresh", "ssthresh", 0, true],
        ["undo_cwnd", "undo", 16, true],
        ["unused", "unused", 0, false],
      ],
    );
  });
}

test("readCollection() refuses map definitions of unknown length and meaning", () => {
  assert.deepEqual(complaints("object-legacy", ["-DTAIL=1"]).slice(0, 1), [
    'error[object-legacy-map] at byte 160 of section "maps": Cannot read map "counts": the bytes after its first 20 are not zero, and what they mean is unknown. Define it in section ".maps"',
  ]);
});

test("readCollection() names what is declared and not defined, and sections that mean nothing", () => {
  assert.deepEqual(complaints("object-broken", ["-DUNDEFINED"]), [
    'error[object-undefined-variable] at byte 64 of section "xdp": Cannot relocate slot 0 of function "entry": variable "nowhere" is declared and not defined. Define it, or declare it with __ksym or __kconfig if the kernel provides it',
    'error[object-undefined-function] at byte 88 of section "xdp": Cannot relocate slot 3 of function "entry": function "missing" is declared and not defined. Define it, link the object that does, or declare it with __ksym if it is a kernel function',
  ]);
  assert.deepEqual(complaints("object-broken", ["-DSECTION"]), [
    'warning[object-section-name] at byte 64 of section "xpd": Cannot tell the type of program "entry": section "xpd" is none that is known. Did you mean "xdp"? Otherwise set the program\'s type before loading',
  ]);
});

test("readCollection() refuses static maps, initialised maps and values that are no programs", () => {
  assert.deepEqual(complaints("object-broken", ["-DSTATIC_MAP"]), [
    'error[object-map-linkage] at byte 160 of section ".maps": Cannot read map "hidden": it is static. Remove the word static: every map needs a symbol of its own',
    'error[object-reference] at byte 96 of section "xdp": Cannot relocate slot 4 of function "entry": no map starts at byte 0 of section ".maps". Refer to maps by their own symbols',
  ]);
  assert.deepEqual(complaints("object-broken", ["-DINITIALISED"]), [
    'error[object-map-initialiser] at byte 80 of section ".maps": Cannot read map "filled": it is initialised with something that is neither a program nor a map. Only "values" of maps of maps and program arrays can be initialised; write other entries after loading',
  ]);
  assert.deepEqual(complaints("object-broken", ["-DVALUES"]), [
    'error[object-map-definition] at byte 128 of section ".maps": Cannot read map "array": its type is array, and only maps of maps and program arrays have values. Define the map with __uint(), __type(), __array() and __ulong() of bpf_helpers.h',
    'error[object-map-values] at byte 120 of section ".maps": Cannot initialise map "jumps": value 0 is a part of section ".text", which is no program. List programs in the values of a program array, and maps in those of a map of maps',
  ]);
  assert.deepEqual(complaints("object-broken", ["-DPROPERTY"]), [
    'error[object-map-definition] at byte 88 of section ".maps": Cannot read map "odd": "size" is no property of a map. Define the map with __uint(), __type(), __array() and __ulong() of bpf_helpers.h',
    'error[object-map-definition] at byte 104 of section ".maps": Cannot read map "newer": there is no map type 99. Define the map with __uint(), __type(), __array() and __ulong() of bpf_helpers.h',
    'error[object-map-definition] at byte 112 of section ".maps": Cannot read map "untyped": it has no type. Define the map with __uint(), __type(), __array() and __ulong() of bpf_helpers.h',
    'error[object-map-definition] at byte 120 of section ".maps": Cannot read map "wide": "key_size" is 8 and its type has 4 bytes. Define the map with __uint(), __type(), __array() and __ulong() of bpf_helpers.h',
    'error[object-map-definition] at byte 144 of section ".maps": Cannot read map "pinned": "pinning" is 2, not 0 (none) or 1 (by name). Define the map with __uint(), __type(), __array() and __ulong() of bpf_helpers.h',
  ]);
});
