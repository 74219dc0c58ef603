import assert from "node:assert/strict";
import { test } from "node:test";

import { fixture } from "@ocelli/testkit";

import { createBtfBuilder } from "../btf/build.ts";
import { readBtf } from "../btf/read.ts";
import { formatDiagnostic, type Result } from "../diagnostic.ts";
import { readCollection } from "./read.ts";
import type { CollectionSpec, MapSpec } from "./spec.ts";
import { writeCollection } from "./write.ts";

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join("\n"));
  return result.value;
}

/** The collection without its types, which grow when it is written, and with old maps where new ones are. */
function comparable({ maps, ...rest }: CollectionSpec): object {
  const moved = new Map<string, MapSpec>();
  for (const [name, map] of maps) {
    const section = map.section === "maps" ? ".maps" : map.section;
    const inner = map.inner === undefined ? {} : { inner: { ...map.inner, section } };
    moved.set(name, { ...map, section, ...inner });
  }
  return { ...rest, btf: undefined, maps: moved };
}

const FIXTURES: readonly [name: string, ...args: string[]][] = [
  ["object-basic"],
  ["object-calls"],
  ["object-maps"],
  ["object-legacy"],
  ["object-legacy", "-g0"],
  ["object-legacy", "-DIPROUTE2"],
  ["object-externs"],
  ["object-data"],
  ["object-data", "-g0"],
  ["object-struct-ops"],
];

for (const bigEndian of [false, true]) {
  for (const [name, ...args] of FIXTURES) {
    test(`readCollection() gives back what writeCollection() wrote: ${name} ${args.join(" ")} (${bigEndian ? "big" : "little"} endian)`, () => {
      const collection = valueOf(readCollection(fixture(name, { bigEndian, args })));
      const written = valueOf(writeCollection(collection));
      const again = valueOf(readCollection(written));
      assert.deepEqual(comparable(again), comparable(collection));
      assert.deepEqual(valueOf(writeCollection(collection)), written);
    });
  }
}

test("writeCollection() says what has no place in an object file", () => {
  const collection = valueOf(readCollection(fixture("object-calls")));
  collection.maps.set(".bss", { ...mapOf(collection, ".bss"), data: Uint8Array.of(1, 0, 0, 0) });
  collection.maps.set("filled", {
    ...mapOf(collection, ".bss"),
    name: "filled",
    entries: [{ key: Uint8Array.of(0, 0, 0, 0), value: Uint8Array.of(1, 0, 0, 0) }],
  });
  collection.functions.delete("leaf");
  assert.deepEqual(writeCollection(collection).diagnostics.map(formatDiagnostic).slice(0, 3), [
    'error[object-write-bss] at byte 0 of section ".bss": Cannot write section ".bss": it has no room for values that are not zero. Put the variables into .data',
    'error[object-write-entries] at byte 0 of section ".maps": Cannot write the entries of map "filled": an object file holds programs and maps under small numbers only. Write other entries after loading',
    'error[object-write-undefined] at byte 8 of section ".text": Cannot write byte 8 of section ".text": the collection has no function "leaf". Add it to the collection',
  ]);
});

test("writeCollection() refuses a struct_ops member in which no address can lie", () => {
  const collection = valueOf(readCollection(fixture("object-struct-ops")));
  const builder = createBtfBuilder();
  builder.add({ kind: "int", name: "long", size: 8, bits: 64, offsetBits: 0, encoding: "signed" });
  const bit = { name: "flag", typeId: 1, offsetBits: 3, bitfieldBits: 1 };
  const valueTypeId = builder.add({ kind: "struct", name: "ops", size: 8, members: [bit] });
  const plain = mapOf(collection, "plain");
  const functions = [{ member: "flag", program: "ssthresh" }];
  const map: MapSpec = {
    ...plain,
    valueTypeId,
    valueSize: 8,
    data: new Uint8Array(8),
    structOps: { typeName: "ops", functions, link: false, autocreate: true },
  };
  const written = writeCollection({
    ...collection,
    maps: new Map([["plain", map]]),
    variables: new Map(),
    btf: valueOf(readBtf(builder.write())),
  });
  assert.deepEqual(written.diagnostics.map(formatDiagnostic), [
    'error[object-write-member] at byte 0 of section ".struct_ops": Cannot write struct_ops map "plain": its type has no member "flag" that holds an address. ' +
      "Set valueTypeId to the struct in the collection's BTF",
  ]);
});

test("writeCollection() refuses calls of kernel functions without a type", () => {
  const collection = valueOf(readCollection(fixture("object-externs")));
  const entry = collection.programs.get("entry");
  assert.ok(entry !== undefined);
  const instructions = entry.instructions.map((instruction) => {
    const { reference } = instruction;
    if (reference?.kind !== "kfunc" || reference.name !== "bpf_task_acquire") return instruction;
    return { ...instruction, reference: { ...reference, typeId: 0 } };
  });
  collection.programs.set("entry", { ...entry, instructions });
  assert.deepEqual(writeCollection(collection).diagnostics.map(formatDiagnostic), [
    'error[object-write-kfunc] at byte 0: Cannot write the call of "bpf_task_acquire": kernel functions are called through a FUNC type, and none is given. ' +
      "Add the function's prototype to the collection's BTF",
  ]);
});

test("writeCollection() refuses types that BTF has no room for", () => {
  const collection = valueOf(readCollection(fixture("object-externs")));
  const value = collection.kconfig.get("CONFIG_HZ");
  assert.ok(value !== undefined);
  collection.kconfig.set("CONFIG_HZ", { ...value, size: 64 });
  assert.deepEqual(
    writeCollection({ ...collection, btf: undefined }).diagnostics.map(formatDiagnostic),
    [
      'error[object-write-btf] at byte 0 of section ".BTF": Cannot encode int "unsigned 64" as its bits must be from 0 to 255: it is 512. Mend the type in the collection\'s BTF',
    ],
  );
});

function mapOf(collection: CollectionSpec, name: string): MapSpec {
  const map = collection.maps.get(name);
  assert.ok(map !== undefined);
  return map;
}
